"""What the people of the demonstration learned: the trainee's registrations one by one, the others' by lot."""

from __future__ import annotations

from random import Random

from .histories import Plan
from .people import Office

# (second-level category, content, days, hours or None for computed)
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
WINDOW = 60  # days; what happened in one window is submitted together at its end
WINDOWS = 18  # three years
SUBMITTED_BEFORE_END = 10
PER_PERSON = 5

# outcome -> weight
EARLIER = {"recognised": 78, "reduced": 6, "corrected": 5, "refused_first": 4, "refused_final": 3}
EARLIER |= {"revoked": 2, "reopened": 2}
LATELY = {"draft": 3, "first_review": 3, "final_review": 3, "returned": 2, "returned_final": 1}
LATELY |= {"asked": 1, "recognised": 2}
WITHOUT_UNIT = {"recognised": 6, "final_review": 2, "returned_final": 1, "refused_final": 1}


def by_lot(office: Office, random: Random) -> list[tuple[int, list[Plan]]]:
    """(days ago of the submission, plans) from the oldest window to the latest."""
    if office.unit.is_pending:
        return [(SUBMITTED_BEFORE_END, _window(office, 0, random))]
    windows = sorted({0, *random.sample(range(1, WINDOWS), PER_PERSON - 1)}, reverse=True)
    return [(window * WINDOW + SUBMITTED_BEFORE_END, _window(office, window, random)) for window in windows]


def _window(office: Office, window: int, random: Random) -> list[Plan]:
    outcomes = LATELY if window == 0 else EARLIER
    if office.unit.is_unaffiliated:
        outcomes = WITHOUT_UNIT
    return [
        Plan(
            category=category,
            content=content.format(field=office.field),
            ended=window * WINDOW + 45 - 12 * place,
            days=days,
            hours=hours,
            outcome=random.choices(list(outcomes), list(outcomes.values()))[0],
            certificate=f"桂继教证{random.randint(10**7, 10**8)}号" if random.random() < 0.5 else "",
        )
        for place, (category, content, days, hours) in enumerate(random.sample(ACTIVITIES, random.randint(1, 3)))
    ]


def of_the_trainee() -> list[tuple[int, list[Plan]]]:
    """黄秋梦's three years: every state once at least, two drafts that overlap, one stretch claimed under two types."""
    return [
        (
            910,
            [
                Plan("培训班、研修班", "基层林业站业务骨干培训班", 930, 4, "recognised", certificate="桂林培0318号"),
                Plan("网络远程培训", "森林防火知识网络课程", 950, 6, "reduced", hours=16),
            ],
        ),
        (
            640,
            [
                Plan(
                    "发表论文",
                    "《桉树人工林改培技术探讨》",
                    660,
                    1,
                    "recognised",
                    hours=10,
                    note="第一作者，省级期刊。",
                ),
                Plan("参加学术会议", "全区林学会学术年会", 670, 2, "refused_final"),
                Plan("乡村振兴、对口支援", "油茶低产林改造技术下乡服务", 680, 3, "revoked", hours=12),
            ],
        ),
        (
            400,
            [
                Plan("培训班、研修班", "林长制信息平台操作培训班", 420, 2, "reopened"),
                Plan("培训班、研修班", "林业行政执法培训", 440, 1, "recognised"),
            ],
        ),
        (
            180,
            [
                Plan("培训班、研修班", "林木种苗繁育技术培训班", 200, 5, "recognised", certificate="桂林培0427号"),
                Plan("参加学术会议", "广西林业科技交流会", 190, 1, "recognised"),
                Plan("指导青年技术人员", "新进人员师带徒", 215, 3, "refused_first", hours=12),
                Plan(
                    "地方、团体标准", "《油茶栽培技术规范》编制", 225, 6, "corrected", hours=20, note="参编，排名第五。"
                ),
            ],
        ),
        (60, [Plan("培训班、研修班", "林业有害生物普查技术培训", 75, 2, "recognised")]),
        (
            12,
            [
                Plan("培训班、研修班", "全区林业技术推广高级研修班", 45, 5, "returned", certificate="桂林培1033号"),
                Plan("培训班、研修班", "森林资源调查技术规程培训", 32, 2, "first_review"),
                Plan(
                    "重大工程、重点项目",
                    "林草生态综合监测外业调查",
                    31,
                    4,
                    "final_review",
                    hours=30,
                    note="技术负责人。",
                ),
                Plan("培训班、研修班", "桉树人工林可持续经营技术培训班", 20, 3, "draft"),
                Plan("网络远程培训", "林业有害生物防控网络课程", 19, 3, "draft", hours=16),
            ],
        ),
    ]
