"""The planned registrations of the people with three years of history: the trainee's fixed, the others' random."""

from __future__ import annotations

from random import Random

from .histories import PlannedRegistration, PlannedSubmission
from .people import Workplace

# (second-level category, content, days, hours or None: computed from the dates)
ACTIVITIES = [
    ("培训班、研修班", "{field}专业技术人员高级研修班", 5, None),
    ("培训班、研修班", "{field}新技术应用培训班", 3, None),
    ("培训班、研修班", "{field}安全生产管理培训", 1, None),
    ("网络远程培训", "{field}继续教育网络课程", 10, 20),
    ("参加学术会议", "广西{field}学术年会", 2, None),
    ("作学术报告或讲座", "{field}技术专题讲座", 1, 8),
    ("发表论文", "《{field}质量控制的实践与思考》", 1, 10),
    ("科研课题", "{field}关键技术应用研究（市级课题）", 8, 24),
    ("实用新型专利", "一种{field}现场检测装置", 1, 20),
    ("重大工程、重点项目", "重点{field}项目技术服务", 10, 30),
    ("乡村振兴、对口支援", "{field}技术下乡服务", 4, 16),
    ("地方、团体标准", "《{field}技术规范》编制", 6, 20),
    ("继续教育授课", "{field}专业科目授课", 2, 12),
    ("指导青年技术人员", "{field}青年技术人员师带徒", 9, 12),
]
# 黄秋梦's three years: every status, two overlapping drafts, one period under two categories.
COURSE, ONLINE = "培训班、研修班", "网络远程培训"
_plan = PlannedRegistration
TRAINEE_SUBMISSIONS = [
    PlannedSubmission(
        910,
        [
            _plan(COURSE, "基层林业站业务骨干培训班", 930, 4, "recognised", certificate="桂林培0318号"),
            _plan(ONLINE, "森林防火知识网络课程", 950, 6, "reduced", hours=16),
        ],
    ),
    PlannedSubmission(
        640,
        [
            _plan("发表论文", "《桉树人工林改培技术探讨》", 660, 1, "recognised", 10, note="第一作者，省级期刊。"),
            _plan("参加学术会议", "全区林学会学术年会", 670, 2, "refused_final"),
            _plan("乡村振兴、对口支援", "油茶低产林改造技术下乡服务", 680, 3, "revoked", hours=12),
        ],
    ),
    PlannedSubmission(
        400,
        [
            _plan(COURSE, "林长制信息平台操作培训班", 420, 2, "reopened"),
            _plan(COURSE, "林业行政执法培训", 440, 1, "recognised"),
        ],
    ),
    PlannedSubmission(
        180,
        [
            _plan(COURSE, "林木种苗繁育技术培训班", 200, 5, "recognised", certificate="桂林培0427号"),
            _plan("参加学术会议", "广西林业科技交流会", 190, 1, "recognised"),
            _plan("指导青年技术人员", "新进人员师带徒", 215, 3, "refused_first", hours=12),
            _plan("地方、团体标准", "《油茶栽培技术规范》编制", 225, 6, "corrected", 20, note="参编，排名第五。"),
        ],
    ),
    PlannedSubmission(60, [_plan(COURSE, "林业有害生物普查技术培训", 75, 2, "recognised")]),
    PlannedSubmission(
        12,
        [
            _plan(COURSE, "全区林业技术推广高级研修班", 45, 5, "returned", certificate="桂林培1033号"),
            _plan(COURSE, "森林资源调查技术规程培训", 32, 2, "first_review"),
            _plan("重大工程、重点项目", "林草生态综合监测外业调查", 31, 4, "final_review", 30, note="技术负责人。"),
            _plan(COURSE, "桉树人工林可持续经营技术培训班", 20, 3, "draft"),
            _plan(ONLINE, "林业有害生物防控网络课程", 19, 3, "draft", hours=16),
        ],
    ),
]

WINDOW_DAYS = 60  # activities of one window are submitted together near its end
WINDOWS = 18  # three years
SUBMITTED_BEFORE_END = 10
WINDOWS_PER_PERSON = 5

# outcome -> weight
EARLIER_OUTCOMES = {"recognised": 78, "reduced": 6, "corrected": 5, "refused_first": 4, "refused_final": 3}
EARLIER_OUTCOMES |= {"revoked": 2, "reopened": 2}
LATEST_OUTCOMES = {"draft": 3, "first_review": 3, "final_review": 3, "returned": 2, "returned_final": 1}
LATEST_OUTCOMES |= {"asked": 1, "recognised": 2}
UNAFFILIATED_OUTCOMES = {"recognised": 6, "final_review": 2, "returned_final": 1, "refused_final": 1}


def random_submissions(workplace: Workplace, random: Random) -> list[PlannedSubmission]:
    """Return one submission for each of some random windows, the oldest first."""
    if workplace.unit.is_pending:
        return [_submission(workplace, 0, random)]
    windows = sorted({0, *random.sample(range(1, WINDOWS), WINDOWS_PER_PERSON - 1)}, reverse=True)
    return [_submission(workplace, window, random) for window in windows]


def _submission(workplace: Workplace, window: int, random: Random) -> PlannedSubmission:
    outcomes = LATEST_OUTCOMES if window == 0 else EARLIER_OUTCOMES
    if workplace.unit.is_unaffiliated:
        outcomes = UNAFFILIATED_OUTCOMES
    registrations = [
        PlannedRegistration(
            category=category,
            content=content.format(field=workplace.field),
            ended=window * WINDOW_DAYS + 45 - 12 * place,
            days=days,
            hours=hours,
            outcome=random.choices(list(outcomes), list(outcomes.values()))[0],
            certificate=f"桂继教证{random.randint(10**7, 10**8)}号" if random.random() < 0.5 else "",
        )
        for place, (category, content, days, hours) in enumerate(random.sample(ACTIVITIES, random.randint(1, 3)))
    ]
    return PlannedSubmission(window * WINDOW_DAYS + SUBMITTED_BEFORE_END, registrations)
