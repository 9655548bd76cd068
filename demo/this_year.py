"""The planned registrations of the trainee's colleagues, many of which wait for a reviewer today."""

from __future__ import annotations

from .histories import PlannedRegistration, PlannedSubmission

TRAINING, ONLINE, RESEARCH = "培训班、研修班", "网络远程培训", "科研课题"
BEHIND_EVERY = 3  # every third colleague has not reached the year's target

# One per colleague: category, content, days, hours (None: computed from the dates), outcome.
LATEST_ACTIVITIES = [
    (TRAINING, "森林草原防灭火指挥员培训班", 3, None, "asked"),
    (TRAINING, "古树名木保护技术培训班", 4, None, "resubmitted"),
    (TRAINING, "油茶低产林改造技术培训班", 2, None, "first_review"),
    ("发表论文", "《桂中地区松材线虫病防控成效分析》", 1, 10, "first_review"),
    (ONLINE, "自然保护地管理网络课程", 6, 16, "first_review"),
    ("参加学术会议", "全区森林经理学术研讨会", 2, None, "first_review"),
    ("实用新型专利", "一种便携式树木测高装置", 1, 20, "first_review"),
    ("乡村振兴、对口支援", "林下经济技术下乡服务", 4, 16, "first_review"),
    (TRAINING, "林草湿荒普查质量检查培训", 2, None, "first_review"),
    ("重大工程、重点项目", "国家储备林项目外业验收", 8, 30, "first_review"),
    ("地方、团体标准", "《杉木大径材培育技术规程》编制", 6, 20, "first_review"),
    ("指导青年技术人员", "新进技术员一对一带教", 9, 12, "first_review"),
    (TRAINING, "林业碳汇计量监测培训班", 3, None, "final_review"),
    ("作学术报告或讲座", "林木良种选育专题讲座", 1, 8, "final_review"),
    (TRAINING, "林权管理信息系统操作培训", 1, None, "final_review"),
    (ONLINE, "野生动植物保护网络课程", 5, 12, "returned"),
]
OVERLAPPING = 2  # this colleague registers the same days under two categories


def colleague_submissions(number: int) -> list[PlannedSubmission]:
    """Return the submissions of the colleague with this number, from 0."""
    earlier = [PlannedRegistration(TRAINING, "基层林业技术推广骨干培训班", 170, 5, "recognised", proofs=1)]
    if reaches_target(number):
        project = "乡土珍贵树种混交造林试验（市级课题）"
        earlier.append(PlannedRegistration(RESEARCH, project, 190, 8, "recognised", hours=24))
    elif number % 2:
        earlier.append(PlannedRegistration(TRAINING, "林区道路养护培训", 180, 1, "refused_first"))
    category, content, days, hours, outcome = LATEST_ACTIVITIES[number]
    days_ago = 9 + number % 8
    latest = [
        PlannedRegistration(category, content, days_ago + 2, days, outcome, hours=hours, proofs=1 + number % 2),
    ]
    if number == OVERLAPPING:
        category, content, note = "重大工程、重点项目", "退化林修复工程技术服务", "项目技术负责人。"
        latest.append(PlannedRegistration(category, content, days_ago + 2, 2, outcome, 12, note=note, proofs=1))
    return [PlannedSubmission(150, earlier), PlannedSubmission(days_ago, latest)]


def reaches_target(number: int) -> bool:
    return number % BEHIND_EVERY != BEHIND_EVERY - 1


def special_submission(field: str, *, is_unaffiliated: bool) -> PlannedSubmission:
    """Return a submission that waits where the unit has no reviewer: 无人初审, 单位待核实, 无单位直报."""
    outcome = "final_review" if is_unaffiliated else "first_review"
    training = PlannedRegistration(TRAINING, f"{field}专业技术人员继续教育培训班", 8, 2, outcome, proofs=1)
    return PlannedSubmission(6, [training])
