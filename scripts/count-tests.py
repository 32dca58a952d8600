"""usage: count-tests.py REPORT.xml SKIPS — prints "passed failed skipped" and appends each "skipped: test: reason" to SKIPS."""
import sys
import xml.etree.ElementTree as tree

passed = failed = skipped = 0
with open(sys.argv[2], "a", encoding="utf-8") as skips:
    for assembly in tree.parse(sys.argv[1]).getroot().iter("assembly"):
        failed += int(assembly.get("errors", "0"))
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
print(passed, failed, skipped)
