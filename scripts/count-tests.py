"""usage: count-tests.py REPORT.xml SKIPS FAILURES — prints "passed failed skipped", appends each "skipped: test: reason"
to SKIPS and each failed test with its message to FAILURES."""
import sys
import xml.etree.ElementTree as tree

passed = failed = skipped = 0
report, skips_path, failures_path = sys.argv[1:]
with open(skips_path, "a", encoding="utf-8") as skips, open(failures_path, "a", encoding="utf-8") as failures:
    for assembly in tree.parse(report).getroot().iter("assembly"):
        errors = int(assembly.get("errors", "0"))
        if errors:
            failed += errors
            failures.write(f"{assembly.get('name')}: {errors} errors outside of tests\n")
        for test in assembly.iter("test"):
            result = test.get("result")
            if result == "Pass":
                passed += 1
            elif result == "Skip":
                skipped += 1
                reason = test.findtext("reason", "").strip()
                skips.write(f"skipped: {test.get('name')}: {reason}\n")
            elif result != "NotRun":
                failed += 1
                message = " | ".join(test.findtext("failure/message", "").split("\n"))
                failures.write(f"{test.get('name')}: {message[:600]}\n")
print(passed, failed, skipped)
