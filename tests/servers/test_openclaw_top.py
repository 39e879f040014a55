#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks of examples/openclaw_top: `test_openclaw_top.py BUILD_DIR`.

drive_limiter_table makes a table and does what it is told; openclaw-top looks at it: as text, as JSON, and in a terminal of tmux, whose
keys are pressed and whose screen is read. One line a check, `N passed, N failed[, N skipped]` at the end. What was started is stopped by
its process id, or by the name of its own socket.
"""
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1] if len(sys.argv) > 1 else "build"
TOP = os.path.abspath(os.path.join(BUILD, "examples", "openclaw_top"))
DRIVE = os.path.abspath(os.path.join(BUILD, "tests", "servers", "drive_limiter_table"))
PATIENCE_S = 20
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}

passed = failed = skipped = 0


def check(name, condition, detail=""):
    global passed, failed
    passed, failed = passed + bool(condition), failed + (not condition)
    print(f"{'ok  ' if condition else 'FAIL'}  {name}" + (f": {detail}" if detail != "" and not condition else ""), flush=True)


def skip(name, why):
    global skipped
    skipped += 1
    print(f"skip  {name}\nskipped: {why}", flush=True)


class Driver:
    """The process that has the table open."""

    def __init__(self):
        self.process = subprocess.Popen([DRIVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def tell_later(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        self.process.stdin.flush()

    def take(self, plan, key, tokens, times):
        return int(self.tell("take", plan, key.hex() or "-", tokens, times))

    def stop(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE_S)


def top(*arguments, **options):
    return subprocess.run([TOP, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
                          env=options.get("env", ENVIRONMENT), check=False)


def has_words(text, *words):
    """A line that holds these words, in this order and beside each other."""
    return any(" ".join(words) in " ".join(line.split()) for line in text.splitlines())


class Terminal:
    """openclaw-top in a terminal of its own."""
    count = 0

    def __init__(self, folder, columns, lines, *arguments, env=""):
        Terminal.count += 1
        self.socket = os.path.join(folder, f"tmux{Terminal.count}")
        self.code = os.path.join(folder, "code")
        if os.path.exists(self.code):
            os.unlink(self.code)
        command = f"{env} LC_ALL=C.UTF-8 '{TOP}' {' '.join(arguments)} 2>'{self.code}.text'; echo $? >'{self.code}.part'; " \
                  f"mv '{self.code}.part' '{self.code}'; sleep 1000"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines), "sh", "-c", command)

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", self.socket, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=True,
                              env={key: value for key, value in ENVIRONMENT.items() if key != "TMUX"}).stdout

    def screen(self):
        return self.tmux("capture-pane", "-p")

    def press(self, *keys):
        self.tmux("send-keys", *keys)

    def wait(self, condition):
        """The first screen that fulfils the condition, or the last one."""
        end = time.monotonic() + PATIENCE_S
        while True:
            screen = self.screen()
            if condition(screen) or time.monotonic() > end:
                return screen
            time.sleep(0.05)

    def exit_code(self):
        end = time.monotonic() + PATIENCE_S
        while not os.path.exists(self.code) and time.monotonic() < end:
            time.sleep(0.05)
        if not os.path.exists(self.code):
            return None
        with open(self.code, encoding="ascii") as file:
            return int(file.read())

    def said(self):
        with open(self.code + ".text", encoding="utf-8") as file:
            return file.read()

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, check=False)


def check_arguments():
    print("\n-- arguments")
    answer = top("--help")
    check("--help ends with 0 and names the options", answer.returncode == 0 and "--json" in answer.stdout, answer.stderr)
    check("--version names the library's", top("--version").stdout.startswith("openclaw-top 0."))
    for wrong in ([], ["a", "b"], ["--no-such", "a"], ["--interval", "0", "a"], ["--interval", "x", "a"], ["--interval", "1e9", "a"]):
        answer = top(*wrong)
        check(f"{wrong} is misuse", answer.returncode == 2 and "usage:" in answer.stderr and answer.stdout == "", answer)


def check_refusals(folder):
    print("\n-- tables that cannot be read")

    def refused(name, path, *words):
        answer = top("--once", path)
        check(name, answer.returncode == 1 and answer.stdout == "" and all(word in answer.stderr for word in (path, *words)), answer)

    path = os.path.join(folder, "other")
    refused("a file that is not there", path, "no such file")
    with open(path, "wb") as file:
        file.write(os.urandom(10000))
    refused("a file of other bytes", path, "right file?")
    os.truncate(path, 0)
    refused("an empty file", path, "right file?")
    refused("a folder", folder, "right file?")
    driver = Driver()
    table = os.path.join(folder, "stale")
    driver.tell("open", table, 100, 4, 0)
    driver.tell("stale")
    refused("a table of another boot", table, "last boot", "remove the file")
    driver.stop()
    os.chmod(table, 0)
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            skip("a file that may not be read", "no setpriv")
        else:
            os.chmod(folder, 0o711)
            answer = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", TOP, "--once", table], capture_output=True, text=True,
                                    timeout=PATIENCE_S, check=False)
            if "setpriv" in answer.stderr or answer.returncode in (126, 127):
                skip("a file that may not be read", "the program cannot be run as another user here")
            else:
                check("a file that may not be read", answer.returncode == 1 and "not yours to read" in answer.stderr, answer)
    else:
        refused("a file that may not be read", table, "not yours to read")
    os.chmod(table, stat.S_IRUSR | stat.S_IWUSR)
    os.unlink(table)
    os.unlink(path)


KEYS = {b"alpha": 7, b"": 6, "größe €".encode(): 5, b"a\\b\n\x00\xff\xc3": 4, b"L" * 300: 3}


def fill(driver, path):
    """Plan 0 grants five each and denies the rest; one key is busy under plan 1."""
    driver.tell("open", path, 1000, 64, 0)
    for key, denied in KEYS.items():
        check(f"five of {key[:12]!r} are granted", driver.take(0, key, 1, 5 + denied) == 5)
    check("one big take is granted", driver.take(1, b"big", 250000, 1) == 1)
    check("unlimited is", driver.take(2, b"big", 9, 3) == 3)


def check_reports(driver, path):
    print("\n-- reports")
    with open(path, "rb") as file:
        before = file.read()
    answer = top(path)
    check("without a terminal there is a report", answer.returncode == 0 and answer.stderr == "", answer)
    check("--once is the same", top("--once", path).stdout.splitlines()[0] == answer.stdout.splitlines()[0] == path)
    text = answer.stdout
    check("text: granted", has_words(text, "granted 29"), text)
    check("text: denied", has_words(text, "denied 25"), text)
    check("text: tokens", has_words(text, "tokens 250,052"), text)
    check("text: plans", has_words(text, "0 5") and has_words(text, "1 250,000 1.0M 1,000,000 every 1 s") and has_words(text, "2 unlimited"), text)
    check("text: refill by the hour", has_words(text, "1 every 1 h"), text)
    check("text: heaviest key", has_words(text, "0 7 - alpha"), text)
    check("text: the empty key", has_words(text, "0 6 - (empty)"), text)
    check("text: UTF-8 as it is", has_words(text, "0 5 - größe €"), text)
    check("text: what cannot be shown", has_words(text, r"0 4 - a\x5cb\x0a\x00\xff\xc3"), text)
    check("text: a long key is cut", has_words(text, "0 3 - " + "L" * 40 + "..."), text)
    plain = top("--once", path, env={**os.environ, "LC_ALL": "C"}).stdout
    check("text: ASCII in the C locale", plain.isascii() and has_words(plain, r"0 5 - gr\xc3\xb6\xc3\x9fe \xe2\x82\xac"), plain)
    table = json.loads(top("--json", path).stdout)
    check("JSON: path and sizes", table["path"] == path and table["memory_bytes"] <= len(before) and table["cells"] == 4 * table["sets"], table)
    check("JSON: counts", (table["counts"]["granted"], table["counts"]["denied"], table["counts"]["tokens_granted"]) == (29, 25, 250052), table)
    check("JSON: busy", 5 <= table["busy_cells"] <= 6 <= table["known_cells"] + 1, table)
    check("JSON: plans", [plan["unlimited"] for plan in table["plans"]] == [False, False, True] and
          table["plans"][1] == {"plan": 1, "unlimited": False, "capacity_tokens": 250000, "refill_tokens": 1000000,
                                "refill_period_ns": 10 ** 9}, table["plans"])
    check("JSON: denied keys", [(bytes.fromhex(key["key_hex"]), key["denied"], key["key_size"]) for key in table["denied"]] ==
          [(key[:40], denied, len(key)) for key, denied in KEYS.items()], table["denied"])
    check("JSON: no rates from one look", "per_second" not in table)
    driver.tell_later("load", 1.5, 100)
    table = json.loads(top("--json", "--interval", "1", path).stdout)
    driver.process.stdout.readline()
    check("JSON: rates of two looks", table["per_second"]["granted"] > 100 and 0.9 < table["seconds"] < PATIENCE_S, table)
    with open(path, "rb") as file:
        after = file.read()
    check("the file was written by its program alone", len(after) == len(before))
    for _ in range(3):
        top("--json", path)
    with open(path, "rb") as file:
        check("looking changes not one byte", file.read() == after)


def check_screen(folder, driver, path):
    print("\n-- in a terminal")
    if shutil.which("tmux") is None:
        skip("in a terminal", "no tmux")
        return
    terminal = Terminal(folder, 80, 24, f"--interval 0.2 '{path}'")
    try:
        driver.tell_later("load", 3, 100)
        screen = terminal.wait(lambda text: "█" in text and "key denied most" in text and "▁" in text)
        lines = screen.splitlines()
        check("80x24: title, path, interval", "openclaw-top" in lines[0] and os.path.basename(path)[:8] in lines[0] and "every 0.2 s" in lines[0], screen)
        check("80x24: table, bar", "3 plans" in screen and "clock monotonic" in screen and "busy" in lines[2] and "%" in lines[2], screen)
        check("80x24: all counts", all(has_words(screen, word) for word in ("granted", "denied", "tokens", "hits", "new keys", "reuses",
                                                                         "overflow", "refused")), screen)
        check("80x24: plans, denied keys, keys to press", has_words(screen, "250,000") and "alpha" in screen + "alpha" and
              "key denied most" in screen and has_words(lines[-1], "q quit"), screen)
        driver.process.stdout.readline()
        terminal.wait(lambda text: column(text, "denied", 14, 25) == "0")
        terminal.press("p")
        check("p pauses", "[paused]" in terminal.wait(lambda text: "[paused]" in text))
        terminal.press("d")
        screen = terminal.wait(lambda text: gained(text, "granted") == "0")
        check("d counts gains from now", gained(screen, "granted") == "0", screen)
        terminal.press("p")
        driver.take(0, b"alpha", 1, 13)
        screen = terminal.wait(lambda text: gained(text, "denied") == "13")
        check("gains are those since", gained(screen, "denied") == "13" and gained(screen, "granted") == "0", screen)
        terminal.press("+")
        check("+ makes the interval longer", "every 0.5 s" in terminal.wait(lambda text: "every 0.5 s" in text))
        terminal.press("-", "-")
        check("- makes it shorter", "every 0.1 s" in terminal.wait(lambda text: "every 0.1 s" in text))
        terminal.press("s")
        check("s sorts by rate", "by their rate" in terminal.wait(lambda text: "by their rate" in text))
        terminal.press("s", "Down")
        screen = terminal.wait(lambda text: first_rank(text) == "2")
        check("Down scrolls", first_rank(screen) == "2", screen)
        terminal.press("Up")
        for columns, lines in ((120, 40), (60, 14), (200, 60), (56, 13)):
            terminal.tmux("resize-window", "-x", str(columns), "-y", str(lines))
            screen = terminal.wait(lambda text, lines=lines: fits(text, lines))
            check(f"{columns}x{lines}: fits", fits(screen, lines) and "granted" in screen and "q quit" in screen.splitlines()[-1], screen)
        terminal.tmux("resize-window", "-x", "30", "-y", "5")
        check("30x5 says that it is too small", "too small" in terminal.wait(lambda text: "too small" in text))
        terminal.tmux("resize-window", "-x", "80", "-y", "24")
        check("and comes back", "granted" in terminal.wait(lambda text: "granted" in text))
        driver.tell("change", 0, 77, 7, 7000000000)
        screen = terminal.wait(lambda text: has_words(text, "0 77 1.0 7 every 7 s"))
        check("a change of a plan is seen", has_words(screen, "0 77 1.0 7 every 7 s"), screen)
        os.rename(path, path + ".old")
        screen = terminal.wait(lambda text: "was removed" in text)
        check("a file that is removed is told", "was removed" in screen and "granted" in screen, screen)
        other = Driver()
        other.tell("open", path, 50, 4, 1)
        screen = terminal.wait(lambda text: "no room: refuse" in text)
        check("a table in its place is taken", "no room: refuse" in screen, screen)
        terminal.press("q")
        check("q ends with 0", terminal.exit_code() == 0, terminal.said())
        other.stop()
    finally:
        terminal.close()


def fits(screen, lines):
    """The title is in the first line, and what to press in the last."""
    rows = screen.splitlines()
    return len(rows) == lines and "openclaw-top" in rows[0] and "q quit" in rows[-1] and sum("q quit" in row for row in rows) == 1


def first_rank(screen):
    """The rank of the first denied key that is shown."""
    rows = screen.splitlines()
    heading = next((i for i, row in enumerate(rows) if "key denied most" in row), len(rows))
    return rows[heading + 1].split()[0] if heading + 1 < len(rows) and rows[heading + 1].split() else None


def column(screen, name, begin, end):
    """What stands there in the line of a count."""
    for line in screen.splitlines():
        if line[1:15].strip() == name:
            return line[begin:end].strip()
    return None


def gained(screen, name):
    return column(screen, name, 26, 39)


def check_ends(folder, path):
    print("\n-- ends")
    if shutil.which("tmux") is None:
        skip("ends", "no tmux")
        return
    terminal = Terminal(folder, 80, 24, f"'{path}'", env="NO_COLOR=1")
    try:
        terminal.wait(lambda text: "granted" in text)
        check("NO_COLOR shows no colours", not re.search("\x1b\\[[0-9;]*(3[0-7]|4[0-7])m", terminal.tmux("capture-pane", "-p", "-e")))
        pid = int(subprocess.run(["pgrep", "-f", "-n", f"^{TOP} {path}$"], capture_output=True, text=True, check=True).stdout)
        os.kill(pid, signal.SIGTERM)
        check("SIGTERM ends it with 0", terminal.exit_code() == 0, terminal.said())
    finally:
        terminal.close()
    terminal = Terminal(folder, 80, 24, f"--interval 0.1 '{path}'")
    try:
        terminal.wait(lambda text: "granted" in text)
        os.truncate(path, 100)
        check("a file cut short ends it with 1 and a word", terminal.exit_code() == 1 and "made shorter" in terminal.said(), terminal.said())
    finally:
        terminal.close()


def main():
    folder = tempfile.mkdtemp(prefix="openclaw-top-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    path = os.path.join(folder, "api")
    driver = Driver()
    try:
        check_arguments()
        check_refusals(folder)
        fill(driver, path)
        check_reports(driver, path)
        check_screen(folder, driver, path)
        check_ends(folder, path)
    finally:
        driver.stop()
        shutil.rmtree(folder)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
