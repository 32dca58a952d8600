#!/bin/bash
# kernel: security=selinux selinux=1
# Runs inside the guest, whose kernel has SELinux on: contexts of containers' processes and of what is mounted for them, as the
# kernel has them; and then, with the policy enforced on containers, what it keeps them from. Ends with "N passed, N failed".
export PATH=$PWD:$PATH
log=/var/log/insulad.log unit=insulad-selinux
. ./guest-lib.sh
make_unit
# In the policy's domain for container engines, which the guest's policy leaves permissive: see guest.sh.
sed -i 's/^Type=notify/&\nSELinuxContext=system_u:system_r:container_engine_t:s0/' /run/systemd/system/$unit.service
systemctl daemon-reload
# What is in the engine's own directories the policy runs as spc_t, which may not start containers; the shim is the engine's.
mkdir -p -m 700 /var/lib/insula /var/lib/insula/shim
chcon -t bin_t /var/lib/insula/shim

labelled() { # NAME POD-CONTEXT CONTAINER-CONTEXT — adds a pod to pods.yaml
    cat >>pods.yaml <<YAML
---
apiVersion: v1
kind: Pod
metadata: { name: $1 }
spec:
  terminationGracePeriodSeconds: 0
  securityContext: { $2 }
  volumes:
    - { name: disk, emptyDir: {} }
    - { name: memory, emptyDir: { medium: Memory } }
    - { name: host, hostPath: { path: /opt } }
  containers:
    - name: main
      image: busybox
      imagePullPolicy: IfNotPresent
      command: [sh, -c, 'trap : TERM; echo a >/disk/file; echo a >/memory/file; while true; do sleep 1; done']
      securityContext: { $3 }
      startupProbe: { exec: { command: [sh, -c, 'cat /proc/self/attr/current >/tmp/probe'] }, timeoutSeconds: 120, failureThreshold: 30 }
      volumeMounts:
        - { name: disk, mountPath: /disk }
        - { name: memory, mountPath: /memory }
        - { name: host, mountPath: /host }
YAML
}
runs() { within 240 reads "$1" .status.phase Running; }                                                   # POD
context_of() { tr -d '\0' <"/proc/$(first "$1" main)/attr/current"; }                                      # POD
files() { (cd "/proc/$(first "$1" main)/root" && shift && stat -c %C "$@" | sort | uniq -c | sed 's/^ *//'); } # POD PATH…
waits() { reads "$1" "$(container main state.waiting.reason)" CreateContainerError; }                      # POD
in_pod() { insula exec "$1" -c main -- sh -c "$2" | tr -d '\0'; }                                          # POD SCRIPT
probed() { equal "$(tr -d '\0' <"/proc/$(first "$1" main)/root/tmp/probe")" "$2"; }                          # POD CONTEXT
level_of() { context_of "$1" | cut -d : -f 4-; }                                                          # POD
own='bin etc dev dev/pts dev/shm disk disk/file memory memory/file etc/hosts etc/hostname etc/resolv.conf dev/termination-log'

check "SELinux is on and permissive" holds /sys/fs/selinux/enforce 0
eval "$(sed -nE 's/^(process|file) *= *(".*")/policy_\1=\2/p' /etc/selinux/default/contexts/lxc_contexts)"
check "the policy knows containers" has "${policy_process:-} ${policy_file:-}" _r:
check "insulad starts" systemctl start $unit
[ $failed = 0 ] || finish
check "load busybox" insula load images/busybox
check "the check says what containers get" has "$(insula system check)" "containers run as $policy_process with categories of their pod, permissive"

labelled plain '' ''
labelled other '' ''
labelled host 'hostPID: true' ''
sed -i 's/securityContext: { hostPID: true }/hostPID: true/' pods.yaml
labelled asks 'seLinuxOptions: { level: "s0:c1,c2" }' ''
labelled typed 'seLinuxOptions: { level: "s0:c1,c2" }' 'seLinuxOptions: { type: spc_t }'
labelled own 'hostUsers: false' 'seLinuxOptions: {}'
sed -i 's/securityContext: { hostUsers: false }/hostUsers: false/' pods.yaml
labelled wrong '' 'seLinuxOptions: { type: no_such_t }'
labelled profiled 'appArmorProfile: { type: RuntimeDefault }' ''
chcon "$policy_file" /opt
outside=$(stat -c %C /opt)
check "pods with and without contexts" insula apply -f pods.yaml

check "a pod that asks for nothing runs" runs plain
check "as what the policy has for containers, with two categories" \
    sh -c "echo '$(context_of plain)' | grep -xE '${policy_process%:s0}:s0:c[0-9]+,c[0-9]+'"
# shellcheck disable=SC2086
check "which is the level of what is mounted for it" equal "$(files plain $own)" "$(wc -w <<<"$own") ${policy_file%:s0}:$(level_of plain)"
check "but for what is the machine's" equal "$(files plain host)" "1 $outside"
check "another such pod runs" runs other
check "with other categories" no equal "$(level_of plain)" "$(level_of other)"
check "a pod in the host's PID namespace runs" runs host
check "as the policy has what an engine starts without a context" equal "$(context_of host)" system_u:system_r:spc_t:s0
check "a pod that asks for a level runs" runs asks
check "at that level" equal "$(context_of asks)" "${policy_process%:s0}:s0:c1,c2"
check "and so do a command in it" equal "$(in_pod asks 'cat /proc/self/attr/current')" "${policy_process%:s0}:s0:c1,c2"
check "and its probe" within 240 probed asks "${policy_process%:s0}:s0:c1,c2"
# shellcheck disable=SC2086
check "what is mounted for it has the file context" equal "$(files asks $own)" "$(wc -w <<<"$own") ${policy_file%:s0}:s0:c1,c2"
check "a container of its own type runs" runs typed
check "as that, and at no other level" equal "$(context_of typed)" "$(sed -E 's/[^:]*:s0$/spc_t/' <<<"$policy_process"):$(level_of typed)"
check "which is its pod's" no equal "$(level_of typed)" s0:c1,c2
check "one in a user namespace runs" runs own
check "as what the policy has for containers" has "$(context_of own)" "${policy_process}:c"
# shellcheck disable=SC2086
check "with its mounts" equal "$(files own $own)" "$(wc -w <<<"$own") ${policy_file%:s0}:$(level_of own)"

check "a context that the policy does not know starts nothing" within 120 waits wrong
check "for that reason" has "$(field wrong "$(container main state.waiting.message)")" "the SELinux policy knows no context"
check "a pod that asks for AppArmor has failed" within 60 reads profiled .status.reason AppArmor

was=$(context_of plain)
kill -KILL "$(systemctl show -P MainPID $unit)"
check "the service ends with its daemon" within 30 systemctl is-failed $unit
check "and starts again" systemctl start $unit
kill -KILL "$(first plain main)"
check "a container comes back under the next daemon" within 120 reads plain "$(container main restartCount)" 1
check "in the context its pod had" equal "$(context_of plain)" "$was"

# From here on the kernel refuses what the policy forbids. Files of the machine, for two pods and for none.
mkdir /opt/own /opt/others
for name in own/file others/file file; do echo "$name" >/opt/$name; done
chcon -R "${policy_file%:s0}:s0:c1,c2" /opt/own
chcon -R "${policy_file%:s0}:$(level_of plain)" /opt/others
chcon -t shadow_t /opt/file
check "the policy is enforced" sh -c 'setenforce 1 && [ "$(cat /sys/fs/selinux/enforce)" = 1 ]'
check "as the check says" has "$(insula system check)" enforcing
rm pods.yaml
labelled late 'seLinuxOptions: { level: "s0:c1,c2" }' ''
check "a pod that comes now runs, too" insula apply -f pods.yaml
check "it does" runs late
check "at its level" equal "$(context_of late)" "${policy_process%:s0}:s0:c1,c2"
reading='for file in /disk/file /memory/file /host/own/file /host/others/file /host/file; do cat $file; done; echo b >/host/own/new; echo c >/host/others/new; true'
check "it reads and writes what is its own, and nothing of another level or type" equal "$(in_pod late "$reading" 2>/tmp/late.err)" "$(printf 'a\na\nown/file')"
check "which it is denied" equal "$(grep -c 'Permission denied' /tmp/late.err)" 3
check "the other pod does with what is its own, and no more" equal "$(in_pod plain "$reading" 2>/tmp/plain.err)" "$(printf 'a\na\nothers/file')"
check "in the same way" equal "$(grep -c 'Permission denied' /tmp/plain.err)" 3
check "each has written to its own" equal "$(cat /opt/own/new /opt/others/new)" "$(printf 'b\nc')"
check "the kernel has noted it" sh -c 'dmesg | grep "avc:.*denied.*container_t:s0:c1,c2"'
check "what the machine has is labelled as before" equal "$(stat -c %C /opt)" "$outside"
check "a container restarts under the enforced policy" sh -c "kill -KILL $(first late main)"
check "and comes back" within 240 reads late "$(container main restartCount)" 1
check "in its context" equal "$(context_of late)" "${policy_process%:s0}:s0:c1,c2"
setenforce 0
[ $failed = 0 ] || dmesg | grep 'avc:.*permissive=0' | tail -n 30

check "delete" insula delete pod --all --timeout=240s
check "no cgroup of a pod is left" nothing_below /sys/fs/cgroup '*/pod*-*'
check "the daemon ends well" systemctl stop $unit
finish
