# Print the path of a working Chromium; install one if there is none: Debian's package if the user is root, else
# Playwright's. If that fails, print nothing but a line on standard error.
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
echo "The browser tests are skipped: no Chromium was found, and none could be installed." >&2
