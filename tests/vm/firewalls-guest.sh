#!/bin/bash
# guest: firewalls
# payload: package
# Runs inside the guest: ufw that denies what comes in and what is routed, then Docker, with their own programs. Pods reach
# whom they should once Insula's advice is followed, nobody outside reaches them, and the others' rules stay what they are.
unit=insulad
. ./guest-lib.sh
outside() { ip netns exec outside "$@"; }
rules() { for program in iptables ip6tables; do $program-save | sed 's/ \[.*\]$//; /^#/d'; done; }
same_rules() { diff <(echo "$was") <(rules); }
get() { curl -fsS --max-time 60 "http://$1/"; } # ADDRESS[:PORT]
from() { nsenter --net="/proc/$(first "$1" main)/ns/net" curl -fsS --max-time "${3:-60}" "http://$2/"; } # POD ADDRESS[:PORT] [SECONDS]
unreachable() { outside curl -sS -o /dev/null --max-time 5 "http://$1/"; equal $? 28; } # ADDRESS:PORT — for silence: a time-out
advice() { insula system check --quiet | grep -oE "$1"; } # PATTERN — the command that Insula names
streams() { (echo "$1" >&7) && within 60 grep -qx "$1" /tmp/stream; } # WORD — by the connection that lasts

# A machine outside, which knows the way to the pods, and serves a page.
ip netns add outside
ip link add out0 type veth peer name eth0 netns outside
ip addr add 192.0.2.1/24 dev out0
ip link set out0 up
outside ip addr add 192.0.2.2/24 dev eth0
outside ip link set eth0 up
outside ip link set lo up
outside ip route add 10.83.0.0/16 via 192.0.2.1
mkdir /tmp/site
echo outside >/tmp/site/index.html
ip netns exec outside busybox httpd -f -v -p 80 -h /tmp/site 2>>/tmp/visitors &
# Its input stays open: the kernel forgets connections that one side has closed after a minute.
ip netns exec outside busybox nc -l -p 9000 >/tmp/stream < <(exec sleep infinity) &

passes() { # WHEN
    check "$1, a pod reaches another" equal "$(from one "$two:8080")" two
    check "and the other way round" equal "$(from two "$one:8080")" one
    check "the host reaches a pod" equal "$(get "$one:8080")" one
    : >/tmp/visitors
    check "a pod reaches a machine outside" equal "$(from one 192.0.2.2)" outside
    check "which takes it for the host" has "$(cat /tmp/visitors)" 192.0.2.1
    check "that machine reaches no pod" unreachable "$one:8080"
    check "nor the host's address among them" unreachable "$(ip -o -4 addr show dev lo label 'lo:iv*' | awk '{ sub("/.*", "", $4); print $4 }'):80"
    check "Insula finds nothing in the way" has "$(insula system check)" "Packets between pods pass the host's forward hook."
}

check "ufw is on" sh -c 'ufw default deny incoming && ufw default deny routed && ufw --force enable'
was=$(rules)
check "the package is installed" dpkg -i insula.deb
check "ufw's rules are what they were" same_rules
check "the log names ufw" within 120 sh -c 'journalctl -q -u insulad | grep -qF "(ufw) drops them"'
check "load busybox" insula load images/busybox
for name in one two; do
    pod $name 'mkdir /tmp/www; hostname >/tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www' | sed 's/^    - name: main/&\n      readinessProbe: { httpGet: { port: 8080 }, timeoutSeconds: 60 }/'
    echo ---
done >pods.yaml
check "apply two pods" insula apply -f pods.yaml
check "one is Ready" ready one 240
check "two is Ready" ready two 240
one=$(field one .status.podIP) two=$(field two .status.podIP)
check "the host reaches a pod" equal "$(get "$one:8080")" one
check "pods do not reach each other yet" no from one "$two:8080" 5
command=$(advice 'ufw route allow from [^ ]+ && ufw route allow to [^ .]+[0-9./]*[0-9]')
check "Insula names the command" has "$command" "ufw route allow from 10.83.0.0/16"
check "which ufw takes" sh -c "$command"
passes "beside ufw"

mkfifo /tmp/words
nsenter --net="/proc/$(first one main)/ns/net" bash -c 'exec cat >/dev/tcp/192.0.2.2/9000' </tmp/words &
exec 7>/tmp/words
check "a connection to the outside" streams first
check "ufw is loaded anew" ufw reload
check "the connection lasts" streams second
passes "after ufw's reload"

# Docker finds a host that forwards on single links only, switches the whole of it on, and drops what it does not know.
check "ufw is off" ufw disable
check "Docker starts beside running pods" systemctl start docker
check "it drops what is forwarded" equal "$(iptables -S FORWARD | head -n 1)" "-P FORWARD DROP"
mkdir -p /tmp/box/bin
cp /bin/busybox /tmp/box/bin/
check "it takes an image" sh -c 'tar -C /tmp/box -c . | docker import - box'
check "and runs a container with a port of the host" \
    docker run -d --name web --restart always -p 8081:80 box /bin/busybox sh -c 'echo container >/index.html; exec /bin/busybox httpd -f -p 80 -h /'
check "which is reached from outside" within 60 sh -c '[ "$(ip netns exec outside curl -fsS --max-time 10 http://192.0.2.1:8081/)" = container ]'
check "and reaches the outside" equal "$(docker exec web /bin/busybox wget -q -O - -T 60 http://192.0.2.2/)" outside
check "pods do not reach each other yet" no from one "$two:8080" 5
command=$(advice 'iptables -I DOCKER-USER -i [a-z0-9]+\+ -j ACCEPT && iptables -I DOCKER-USER -o [a-z0-9]+\+ -j ACCEPT')
check "Insula names the command" has "$command" DOCKER-USER
check "which iptables takes" sh -c "$command"
check "the connection lasts" streams third
passes "beside Docker"
check "Docker starts anew" systemctl restart docker
check "the connection lasts" streams fourth
passes "after Docker's restart"
check "Insula starts anew" systemctl restart insulad
passes "after Insula's restart"

was=$(rules)
check "the package is purged" dpkg --purge insula
check "the others' rules are what they were" same_rules
check "no table of Insula's is left" no sh -c 'nft list tables | grep insula'
check "Docker's container is reached from outside" equal "$(outside curl -fsS --max-time 60 http://192.0.2.1:8081/)" container
check "and reaches the outside" equal "$(docker exec web /bin/busybox wget -q -O - -T 60 http://192.0.2.2/)" outside
finish
