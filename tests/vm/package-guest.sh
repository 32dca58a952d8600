#!/bin/bash
# Runs inside the guest, once for each boot of the machine: what the package promises in this phase of its life.
unit=insulad
. ./guest-lib.sh
active() { systemctl is-active --quiet "$1"; }
installed() { equal "$(dpkg-query -W -f '${Version}' insula)" "$1"; }
starts() { reads "$1" "$(container main restartCount)" "$2"; } # POD COUNT
since='.status.conditions[] | select(.type == "Ready") | .status + .lastTransitionTime'

echo "systemd $(systemctl --version | awk 'NR == 1 { print $2 }')"
case $(cat phase) in
install)
    check "dpkg installs the package" dpkg -i old.deb
    check "insulad runs" active insulad
    check "so does the unit of the pods" active insula-pods
    check "and will after a boot" systemctl is-enabled insulad
    check "the socket is the group's" equal "$(stat -c '%U %G %a' $INSULA_SOCKET)" "root insula 660"
    check "a stranger is refused" no setpriv --reuid 65534 --regid 65534 --clear-groups insula get pods
    check "a member of the group is served" setpriv --reuid 65534 --regid 65534 --groups "$(getent group insula | cut -d: -f3)" insula get pods
    check "completion is there" test -s /usr/share/bash-completion/completions/insula
    check "the state is root's alone" equal "$(stat -c '%U %a' /var/lib/insula)" "root 700"

    check "load busybox" insula load busybox
    obedient='trap "echo bye; exit 0" TERM; echo up; while true; do sleep 3600 & wait $!; done'
    pod steady "$obedient" | sed 's/restartPolicy: Never/restartPolicy: Always/; s/GracePeriodSeconds: 0/GracePeriodSeconds: 60/' >steady.yaml
    pod once "$obedient" | sed 's/GracePeriodSeconds: 0/GracePeriodSeconds: 60/' >once.yaml
    check "apply two pods" insula apply -f steady.yaml -f once.yaml
    check "the first is Ready" ready steady 240
    check "the second is Ready" ready once 240
    check "it has set its trap" within 60 equal "$(insula logs steady)" up
    main=$(first steady main)
    check "its processes are in the unit of the pods" has "$(cat /proc/$main/cgroup)" "0::/system.slice/insula-pods.service/insula/"
    check "the daemon is not" has "$(cat "/proc/$(systemctl show -P MainPID insulad)/cgroup")" "0::/system.slice/insulad.service"

    was=$(field steady "$since") daemon=$(systemctl show -P MainPID insulad)
    check "the package is upgraded under them" dpkg -i new.deb
    check "to the new version" installed 0.1.1~test
    check "by another daemon" no equal "$(systemctl show -P MainPID insulad)" "$daemon"
    check "the pod's process is the same" equal "$(first steady main)" "$main"
    check "and was Ready all the time" reads steady "$since" "$was"
    check "systemctl restart insulad leaves it alone too" systemctl restart insulad
    check "the same process again" equal "$(first steady main)" "$main"
    kill -KILL "$(systemctl show -P MainPID insulad)"
    check "systemd restarts a killed daemon" within 120 sh -c "systemctl is-active --quiet insulad && [ \"\$(systemctl show -P MainPID insulad)\" != 0 ]"
    check "which answers" within 120 curl -fsS --max-time 60 --unix-socket $INSULA_SOCKET http://insula/readyz
    check "and still the same process" equal "$(first steady main)" "$main"
    check "one start each so far" starts steady 0
    ;;
boot | write)
    check "insulad runs after the boot" within 300 curl -fsS --max-time 60 --unix-socket $INSULA_SOCKET http://insula/readyz
    check "the pod that always restarts does" within 300 starts steady 1
    check "it is Ready" ready steady 240
    check "it had its grace: it said good-bye" has "$(insula logs steady --previous)" bye
    check "the other was ended, and is over" reads once .status.phase Succeeded
    [ "$(cat phase)" = write ] || finish
    echo "$passed passed, $failed failed"
    # Until the power is cut. An object is acknowledged when the API has answered.
    i=0
    while true; do
        i=$((i + 1))
        code=$(curl -sS -o /dev/null -w '%{http_code}' --max-time 60 --unix-socket $INSULA_SOCKET -X POST -H 'Content-Type: application/json' \
            -d "{\"metadata\":{\"name\":\"n$i\"}}" http://insula/api/v1/namespaces)
        [ "$code" = 201 ] && echo "ack n$i"
    done
    ;;
after-cut)
    check "insulad runs after the power was cut" within 300 curl -fsS --max-time 60 --unix-socket $INSULA_SOCKET http://insula/readyz
    curl -sS --max-time 60 --unix-socket $INSULA_SOCKET http://insula/api/v1/namespaces | jq -r '.items[].metadata.name' | sort >there
    check "every acknowledged object is there ($(wc -l <acknowledged))" equal "$(sort acknowledged | comm -23 - there)" ""
    check "the pod runs again" within 300 starts steady 2
    check "it is Ready" ready steady 240
    check "the other is still over" reads once .status.phase Succeeded

    main=$(first steady main)
    check "the default profile is loaded" grep insula /sys/kernel/security/apparmor/profiles
    check "the package is removed" dpkg --remove insula
    check "its pods have ended" no test -d "/proc/$main"
    check "no shim is left" no pgrep -f insula-shim
    check "no DNS server is left" no pgrep -f insula-dns
    check "no link is left" no sh -c 'ip -o link | grep " iv"'
    check "no table is left" no sh -c 'nft list tables | grep insula'
    check "no cgroup is left" nothing_below /sys/fs/cgroup '*insula*'
    check "the data stays" test -s /var/lib/insula/state.db
    check "the package is purged" dpkg --purge insula
    check "no profile is left" no grep insula /sys/kernel/security/apparmor/profiles
    check "its state is gone" no test -e /var/lib/insula
    check "its run directory is gone" no test -e /run/insula
    check "its configuration is gone" no test -e /etc/insula
    check "its group is gone" no getent group insula
    check "no file of it is left" equal "$(find /usr /etc /var /run -xdev -iname '*insula*' -not -path '/var/lib/dpkg/*' -not -path '/var/log/*' -not -path '/run/udev/*' 2>/dev/null)" ""
    ;;
esac
finish
