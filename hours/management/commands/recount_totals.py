"""manage.py recount_totals [YEAR …]: recount the stored sums from their rows and report every difference."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from hours.totals import sums


class Command(BaseCommand):
    help = "重新统计各年度合计（人员、单位、区域），并报告与已存合计的差异。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("years", nargs="*", type=int, help="年度；不写则为全部年度")

    def handle(self, *args: Any, years: list[int], **options: Any) -> None:
        for year in years or sums.known_years():
            wrong = sums.recount(year)
            self.stdout.write(f"{year} 年度：更正个人合计 {wrong['people']} 行，单位与区域合计 {wrong['places']} 行。")
