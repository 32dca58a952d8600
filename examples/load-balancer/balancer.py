#!/usr/bin/python3
"""A load balancer for insulad's load-balancer-exec: gives addresses of a list and keeps who has which in a file.

A real one would tell a router, a cloud or a proxy what to do; here packets to these addresses are taken to come to
this machine already. The protocol is in docs/load-balancers.md.
"""
import fcntl
import json
import os
import sys

STATE = os.environ.get("BALANCER_STATE", "/var/lib/insula-balancer.json")
ADDRESSES = os.environ.get("BALANCER_ADDRESSES", "203.0.113.7 203.0.113.8").split()


def answer(request, given):
    """What to write for a request; changes who has what."""
    action = request["action"]
    if action == "list":
        return {"services": [{"uid": uid, **who} for uid, who in given.items()]}
    service = request["service"]
    if action == "delete":
        given.pop(service["uid"], None)
        return {}
    if action not in ("ensure", "update"):
        return {"error": f"unknown action {action}"}
    mine = given.get(service["uid"])
    wanted = service["loadBalancerIP"]
    if mine is None or (wanted and mine["address"] != wanted):
        taken = {who["address"] for uid, who in given.items() if uid != service["uid"]}
        free = [a for a in ADDRESSES if a not in taken and (not wanted or a == wanted)]
        if not free:
            given.pop(service["uid"], None)
            return {"error": f"{wanted} is not free" if wanted else "no address is left"}
        mine = {"namespace": service["namespace"], "name": service["name"], "address": free[0]}
        given[service["uid"]] = mine
    return {"ingress": [{"ip": mine["address"], "ipMode": "VIP"}]}


def main():
    request = json.load(sys.stdin)
    if request["version"] != 1:
        sys.exit(f"version {request['version']} is not understood")

    # Several of us may run at a time, each for another Service.
    with open(STATE + ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            with open(STATE, encoding="utf-8") as file:
                given = json.load(file)
        except FileNotFoundError:
            given = {}
        said = answer(request, given)

        # Written whole or not at all, and before it is told.
        with open(STATE + ".new", "w", encoding="utf-8") as file:
            json.dump(given, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(STATE + ".new", STATE)
    json.dump(said, sys.stdout)


main()
