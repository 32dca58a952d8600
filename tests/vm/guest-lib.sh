# Sourced by what runs inside the guest: checks that are counted, and ways to ask the daemon and the kernel.
# The sourcing script sets unit, the daemon's, and log, its file when it has one.
export INSULA_SOCKET=/run/insula/insula.sock DOTNET_TieredPGO=0
passed=0 failed=0
check() { # NAME COMMAND…
    local name=$1
    shift
    if "$@" >/tmp/check.out 2>&1; then
        passed=$((passed + 1)) && echo "ok: $name (at $SECONDS s)"
    else
        failed=$((failed + 1)) && echo "FAILED: $name (at $SECONDS s): $*" && tail -n 20 /tmp/check.out
    fi
}
finish() {
    [ $failed = 0 ] || { echo "--- the daemon's log"; [ -z "${log:-}" ] || tail -n 60 "$log"; journalctl -b --no-pager -q -u "$unit" | tail -n 40; }
    echo "$passed passed, $failed failed"
    [ $failed = 0 ]
    exit
}
within() { # SECONDS COMMAND… — until it succeeds
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.2
    done
}
make_unit() { # [ARGUMENT…] — the unit of the payload's daemon: as a packaged one, born in its leaf of delegated groups, ended alone
    cat >/run/systemd/system/$unit.service <<UNIT
[Service]
Type=notify
ExecStart=$PWD/insulad $*
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
}
equal() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
has() { case $1 in *"$2"*) ;; *) echo "'$1' lacks '$2'"; return 1 ;; esac; }
holds() { equal "$(cat "$1")" "$2"; }                                         # FILE CONTENT
# POD PATH; not by the CLI, since emulation makes each start of it a matter of seconds
field() { curl -sS --max-time 60 --unix-socket $INSULA_SOCKET "http://insula/api/v1/namespaces/default/pods/$1" | jq -r "$2"; }
reads() { equal "$(field "$1" "$2")" "$3"; }                                  # POD PATH VALUE
counts() { [ "$(sed -n "s/^$2 //p" "$1")" -gt 0 ] || { cat "$1"; return 1; }; } # FILE KEY — is above zero
group() { find /sys/fs/cgroup -type d -path "*pod$(field "$1" .metadata.uid)/$2.*" -not -path '*/exec-*' | head -n 1; }
first() { head -n 1 "$(group "$1" "$2")/cgroup.procs"; }                      # POD CONTAINER — its first process
no() { ! "$@"; }
ready() { within "$2" reads "$1" '.status.conditions[] | select(.type == "Ready") | .status' True; } # POD SECONDS
nothing_below() { equal "$(find "$1" -type d -path "$2")" ""; }
container() { echo ".status.containerStatuses[] | select(.name == \"$1\") | .$2"; } # NAME PATH
pod() { # NAME SCRIPT [LIMITS [CAPABILITIES]]
    cat <<YAML
apiVersion: v1
kind: Pod
metadata: { name: $1 }
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: busybox
      imagePullPolicy: IfNotPresent
      command: [sh, -c, '$2']
      resources: { limits: { ${3:-} } }
      securityContext: { capabilities: { add: [ ${4:-} ] } }
YAML
}
