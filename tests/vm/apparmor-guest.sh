#!/bin/bash
# Runs inside the guest: containers under Insula's profile, under ones of the machine and under none, and what the
# kernel says of them and lets them do. Ends with "N passed, N failed".
export PATH=$PWD:$PATH
log=/var/log/insulad.log unit=insulad-apparmor
. ./guest-lib.sh
make_unit

# Under emulation each start of the CLI is a matter of seconds: pods are applied together.
confined() { # NAME POD-CONTEXT CONTAINER-CONTEXT [ANNOTATIONS] — adds to pods.yaml one that no seccomp profile keeps from anything
    cat >>pods.yaml <<YAML
---
apiVersion: v1
kind: Pod
metadata: { name: $1, annotations: { ${4:-} } }
spec:
  restartPolicy: Always
  terminationGracePeriodSeconds: 0
  securityContext: { seccompProfile: { type: Unconfined }, $2 }
  containers:
    - name: main
      image: busybox
      imagePullPolicy: IfNotPresent
      command: [sh, -c, 'trap : TERM; while true; do sleep 1; done']
      securityContext: { $3 }
      startupProbe: { exec: { command: [sh, -c, 'cat /proc/self/attr/apparmor/current >/tmp/probe'] }, timeoutSeconds: 120, failureThreshold: 30 }
YAML
}
admin='capabilities: { add: [SYS_ADMIN] }'
label() { cat "/proc/$(first "$1" main)/attr/apparmor/current"; } # POD
in_pod() { insula exec "$1" -c main -- sh -c "$2"; }              # POD SCRIPT
runs() { within 240 reads "$1" .status.phase Running; }           # POD
profile() { # NAME — a profile of the machine that keeps a file
    printf 'profile %s flags=(attach_disconnected) {\n  file,\n  capability,\n  network,\n  signal,\n  deny /secret rwl,\n}\n' "$1" | apparmor_parser --replace --skip-cache
}
# Says which of these succeed.
breaks='mount -t tmpfs none /tmp && umount /tmp && echo mount
umount /proc/kcore && echo umount
true >>/proc/version && echo open
true'

check "the kernel has AppArmor" holds /sys/module/apparmor/parameters/enabled Y
check "insulad starts" systemctl start $unit
[ $failed = 0 ] || finish
check "load busybox" insula load images/busybox
check "a profile of the machine is loaded" profile vm-secret

confined plain '' "$admin"
confined loose 'appArmorProfile: { type: Unconfined }' "$admin"
confined named '' 'allowPrivilegeEscalation: false, appArmorProfile: { type: Localhost, localhostProfile: vm-secret }'
confined annotated '' "$admin" 'container.apparmor.security.beta.kubernetes.io/main: localhost/vm-secret'
confined mighty 'appArmorProfile: { type: RuntimeDefault }' 'privileged: true'
confined early '' 'appArmorProfile: { type: Localhost, localhostProfile: vm-late }'
check "pods with and without profiles" insula apply -f pods.yaml
check "an annotation of old is warned of" has "$(cat /tmp/check.out)" 'deprecated since v1.30; use the "appArmorProfile" field instead'

check "a pod that says nothing runs" runs plain
check "under Insula's profile" equal "$(label plain)" "insula-default (enforce)"
check "and so do a command and a probe in it" equal "$(within 240 in_pod plain 'cat /tmp/probe /proc/self/attr/apparmor/current')" \
    "$(printf 'insula-default (enforce)\ninsula-default (enforce)')"
check "a pod without a profile runs" runs loose
check "with none" equal "$(label loose)" unconfined
check "and does what its capability lets it" equal "$(in_pod loose "$breaks")" "$(printf 'mount\numount\nopen')"
check "which the profile keeps the other from" equal "$(in_pod plain "$breaks" 2>/dev/null)" ""
check "what else a shell does works" equal "$(in_pod plain 'set -e; cd /tmp; mkfifo f; echo a >f & cat f; mv f g; rm g; sleep 99 & kill $!; echo b')" "$(printf 'a\nb')"

check "a pod that names a profile runs" runs named
check "under it" equal "$(label named)" "vm-secret (enforce)"
check "which keeps the file and nothing else" equal "$(in_pod named 'cd /; (echo a >other) && cat other; (echo b >secret) || echo no' 2>/dev/null)" "$(printf 'a\nno')"
check "an annotation becomes the field" reads annotated '.spec.containers[0].securityContext.appArmorProfile.localhostProfile' vm-secret
check "and its pod runs" runs annotated
check "under the profile" equal "$(label annotated)" "vm-secret (enforce)"
check "a privileged pod runs" runs mighty
check "under none, as in Kubernetes" equal "$(label mighty)" unconfined

check "a pod that names a profile that is not there does not run" within 120 reads early "$(container main state.waiting.reason)" CreateContainerError
check "for that reason" has "$(field early "$(container main state.waiting.message)")" "apparmor profile not found vm-late"
check "the profile comes" profile vm-late
check "and so does the pod" runs early
check "under it at last" equal "$(label early)" "vm-late (enforce)"
printf 'profile vm-late {}' | apparmor_parser --remove >/dev/null 2>&1
check "a command cannot have a profile that is gone" no in_pod early 'true'

process=$(first plain main)
kill -KILL "$(systemctl show -P MainPID $unit)"
check "the service ends with its daemon" within 30 systemctl is-failed $unit
mv "$(command -v apparmor_parser)" /tmp/parser
printf 'profile insula-default {}' | /tmp/parser --remove >/dev/null 2>&1
check "a daemon starts again, without apparmor_parser" systemctl start $unit
check "the pod has gone on" equal "$(first plain main)" "$process"
rm pods.yaml
confined asks 'appArmorProfile: { type: RuntimeDefault }' ''
confined careless '' ''
check "two more pods" insula apply -f pods.yaml
check "who asks for the profile is refused" within 120 reads asks "$(container main state.waiting.reason)" CreateContainerError
check "by name" has "$(field asks "$(container main state.waiting.message)")" "install the package apparmor"
check "who does not runs" runs careless
check "without one" equal "$(label careless)" unconfined
check "which the daemon says" grep -q 'containers that name none run without one' $log
check "and the check" has "$(insula system check --quiet)" "install the package apparmor"
mv /tmp/parser /usr/sbin/apparmor_parser
check "with the parser back it runs" runs asks
check "under the profile" equal "$(label asks)" "insula-default (enforce)"

check "delete" insula delete pod --all --timeout=240s
check "no cgroup of a pod is left" nothing_below /sys/fs/cgroup '*/pod*-*'
check "no shim is left" no pgrep -f insula-shim
check "the daemon ends well" systemctl stop $unit
check "no DNS server is left" no pgrep -f insula-dns
finish
