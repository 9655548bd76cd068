"""Numbers that developers may tune. Those of an installation are in settings.py, read from the environment.

A number that follows from a rule or a format, such as 4 hours per half day, stands where the rule is.
"""

# --- Lists ----------------------------------------------------------------------------------------
PICKER_PAGE_SIZE = 10  # 每页 10 条, as in the manual
APPOINTMENTS_SHOWN = 200  # per unit or person, latest first
PEOPLE_WITHOUT_HOURS_SHOWN = 200  # on the page of 单位批量开具; the text file in the ZIP has all
PERSON_REGISTRATIONS_SHOWN = 200  # on the page of one person's year
IMPORT_PREVIEW_ROWS = 200  # in each table of the preview
RETURN_REQUESTS_SHOWN = 5  # above the queue
CHART_MAX_YEARS = 6

# --- Upper limits of counts ------------------------------------------------------------------------
UNREAD_COUNT_LIMIT = 100  # the bell shows 99+
WAITING_COUNT_LIMIT = 100_000
QUEUE_SORT_LIMIT = 5_000  # longer queues keep the order of submission, which an index serves
RETURN_REQUESTS_SCANNED = 1_000
ADMIN_COUNT_LIMIT = 10_000

# --- Search ---------------------------------------------------------------------------------------
MAX_KEYWORD_LENGTH = 120  # no unit's name is longer
SEARCH_MAX_RANKED = 400  # hits that are ranked; all are counted
SEARCH_CACHE_SIZE = 500  # common keywords whose result an index caches
SEARCH_MIN_SIMILARITY = 0.5  # share of the pairs of characters of a keyword in a similar name
# A keyword of letters and digits from this length on may be the beginning of a credit code. Codes begin with the
# registering office and the province, so that a shorter one tells nothing.
SEARCH_MIN_CODE_LENGTH = 4
FILTER_MAX_PEOPLE = 500  # up to so many people are looked up first, so that the database starts from their keys

# --- Batches --------------------------------------------------------------------------------------
MAIL_BATCH_SIZE = 100
REWRITE_BATCH_SIZE = 500
COMPLETION_BATCH_SIZE = 1_000
CREDITED_AT_ONCE = 5_000  # waiting completions, while an administrator waits for a saved course
RECOUNT_BATCH_SIZE = 1_000
RECOUNT_MAX_PEOPLE = 5_000  # whose years are recounted while an administrator waits for a changed rule

# --- Caches of a process --------------------------------------------------------------------------
MARKDOWN_CACHE_SIZE = 8  # the help changes with the year rules only, the lists of keys never
MENU_CACHE_SIZE = 500  # several times the combinations of offices and menu items
TREE_CACHE_SIZE = 300  # a province has some 120 regions
