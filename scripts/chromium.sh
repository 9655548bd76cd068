# Prints the path of a Chromium that works here, getting one if there is none: Debian's package where this user may
# install it, else Playwright's own. Prints nothing, and one line on standard error, if there is none to be had.
look() {
	for name in chromium chromium-browser google-chrome; do
		path=$(command -v "$name") && "$path" --version >/dev/null 2>&1 && echo "$path" && return 0
	done
	path=$(.venv/bin/python -c 'from playwright.sync_api import sync_playwright as start
with start() as playwright: print(playwright.chromium.executable_path)' 2>/dev/null)
	[ -x "$path" ] && echo "$path"
}

look && exit
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	{ apt-get update && apt-get install --yes --no-install-recommends chromium fonts-noto-cjk; } >&2 && look && exit
fi
.venv/bin/python -m playwright install chromium >&2 && look && exit
echo "The browser tests are left out: there is no Chromium here, and none could be installed." >&2
