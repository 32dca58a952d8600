#!/bin/bash
# Runs inside the guest, where SELinux is on and permissive: contexts of containers' processes and of what is mounted for
# them, as the kernel has them. Ends with "N passed, N failed".
export PATH=$PWD:$PATH
log=/var/log/insulad.log unit=insulad-selinux
. ./guest-lib.sh
cat >/run/systemd/system/$unit.service <<UNIT
[Service]
Type=notify
ExecStart=$PWD/insulad
Environment=DOTNET_TieredPGO=0
Delegate=yes
DelegateSubgroup=daemon
KillMode=process
TasksMax=infinity
TimeoutStartSec=600
StandardOutput=append:$log
StandardError=append:$log
UNIT
systemctl daemon-reload

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
      volumeMounts:
        - { name: disk, mountPath: /disk }
        - { name: memory, mountPath: /memory }
        - { name: host, mountPath: /host }
YAML
}
runs() { within 240 reads "$1" .status.phase Running; }                                                   # POD
context() { tr -d '\0' <"/proc/$1/attr/current"; }                                                        # PID
files() { (cd "/proc/$(first "$1" main)/root" && shift && stat -c %C "$@" | sort | uniq -c | sed 's/^ *//'); } # POD PATH…
waits() { reads "$1" "$(container main state.waiting.reason)" CreateContainerError; }                      # POD
own='bin etc dev dev/pts dev/shm disk disk/file memory memory/file etc/hosts etc/hostname etc/resolv.conf dev/termination-log'

check "SELinux is on and permissive" holds /sys/fs/selinux/enforce 0
eval "$(sed -nE 's/^(process|file) *= *(".*")/policy_\1=\2/p' /etc/selinux/default/contexts/lxc_contexts)"
check "the policy knows containers" has "${policy_process:-} ${policy_file:-}" _r:
check "insulad starts" systemctl start $unit
[ $failed = 0 ] || finish
check "load busybox" insula load images/busybox
check "the check says what containers get" has "$(insula system check)" "containers that ask run as $policy_process, permissive"

labelled plain '' ''
labelled asks 'seLinuxOptions: { level: "s0:c1,c2" }' ''
labelled typed 'seLinuxOptions: { level: "s0:c1,c2" }' 'seLinuxOptions: { type: spc_t }'
labelled own 'hostUsers: false' 'seLinuxOptions: {}'
sed -i 's/securityContext: { hostUsers: false }/hostUsers: false/' pods.yaml
labelled wrong '' 'seLinuxOptions: { type: no_such_t }'
labelled profiled 'appArmorProfile: { type: RuntimeDefault }' ''
outside=$(stat -c %C /opt)
check "pods with and without contexts" insula apply -f pods.yaml

check "a pod that asks for nothing runs" runs plain
process=$(first plain main)
check "in its shim's context" equal "$(context "$process")" "$(context "$(awk '/^PPid/ {print $2}' "/proc/$process/status")")"
check "a pod that asks for a level runs" runs asks
check "as what the policy has for containers, at that level" equal "$(context "$(first asks main)")" "${policy_process%:s0}:s0:c1,c2"
check "and so does a command in it" equal "$(insula exec asks -c main -- cat /proc/self/attr/current | tr -d '\0')" "${policy_process%:s0}:s0:c1,c2"
# shellcheck disable=SC2086
check "what is mounted for it has the file context" equal "$(files asks $own)" "$(wc -w <<<"$own") ${policy_file%:s0}:s0:c1,c2"
check "but for what is the machine's" equal "$(files asks host)" "1 $outside"
check "a container of its own type runs" runs typed
check "as that, and at no other level" equal "$(context "$(first typed main)")" "$(sed -E 's/[^:]*:s0$/spc_t:s0/' <<<"$policy_process")"
check "one in a user namespace runs" runs own
check "in the policy's context" equal "$(context "$(first own main)")" "$policy_process"
# shellcheck disable=SC2086
check "with its mounts" equal "$(files own $own)" "$(wc -w <<<"$own") $policy_file"

check "a context that the policy does not know starts nothing" within 120 waits wrong
check "for that reason" has "$(field wrong "$(container main state.waiting.message)")" "the SELinux policy knows no context"
check "a pod that asks for AppArmor has failed" within 60 reads profiled .status.reason AppArmor

check "delete" insula delete pod --all --timeout=240s
check "no cgroup of a pod is left" nothing_below /sys/fs/cgroup '*/pod*-*'
check "the daemon ends well" systemctl stop $unit
finish
