using System.Globalization;
using System.Net;
using Insula.Network.Balancers;
using Insula.Network.Services;
using Insula.Pods;
using Insula.Pods.Admission;
using Insula.Pods.Eviction;
using Insula.Pods.Images;
using Insula.Pods.Launch;
using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.PodSecurity;
using Insula.Api.Validation;
using Insula.Sandbox;
using Insula.Sandbox.Containers;
using Microsoft.Extensions.Logging;

namespace Insulad.Configuration;

/// <summary>Every option, once: the command line, the configuration file, <c>--help</c> and <c>--print-config</c> are made from it.</summary>
internal static class OptionTable
{
    public static IReadOnlyList<OptionDefinition> All { get; } =
    [
        new("root", "DIR", "Directory of lasting state: the database, images, pods' volumes and logs. Made with mode 0700.",
            o => o.Root, (o, v) => o with { Root = Directory(v) }),
        new("run", "DIR", "Directory of this boot's state: sockets, sandboxes. Root and run together make an instance: several daemons with different ones live side by side.",
            o => o.Run, (o, v) => o with { Run = Directory(v) }),
        new("socket", "PATH", "Unix socket of the API, mode 0660. Whoever may open it is root on this machine. Default: insula.sock in the run directory.",
            o => o.Socket, (o, v) => o with { Socket = Directory(v) }),
        new("group", "NAME", "Group that owns the socket. Its members are root-equivalent: they may start privileged pods. Default: root.",
            o => o.Group, (o, v) => o with { Group = v }),
        new("read-only-socket", "PATH", "A second socket, mode 0660, for monitoring: get, list, watch and logs, but no secrets, no exec or attach, no changes. Default: none.",
            o => o.ReadOnlySocket, (o, v) => o with { ReadOnlySocket = Directory(v) }),
        new("read-only-group", "NAME", "Group that owns the read-only socket. Its members see every pod's specification, environment and logs. Default: root.",
            o => o.ReadOnlyGroup, (o, v) => o with { ReadOnlyGroup = v }),
        new("metrics-listen", "ADDRESS:PORT", "TCP address at which /metrics is shown by plain HTTP, and nothing else: for Prometheus, which opens no Unix sockets. Whoever reaches it sees the names of pods and what they use. Default: none; the sockets have /metrics, too.",
            o => o.MetricsListen?.ToString(), (o, v) => o with { MetricsListen = EndPoint(v) }),
        new("shim", "PATH", "The insula-shim program to install. Default: insula-shim beside this program, then /usr/lib/insula/insula-shim.",
            o => o.Shim, (o, v) => o with { Shim = Directory(v) }),
        new("static-pods", "DIR", "Directory whose manifests (*.yaml, *.yml, *.json) are pods of this machine, as with a kubelet: made, ended and made anew as files come, go and change. Need not be there. Usual: /etc/insula/manifests. Default: none.",
            o => o.StaticPods, (o, v) => o with { StaticPods = Directory(v) }),
        new("node-name", "NAME", "Name of this machine as a node, in spec.nodeName and events.",
            o => o.NodeName, (o, v) => o with { NodeName = v }),
        new("pod-range", "CIDR", "IPv4 range pods get addresses from, /8 to /29. Default: 10.83.0.0/16, or the next free /16 when the host routes that already.",
            o => o.PodRange?.ToString(), (o, v) => o with { PodRange = Network(v) }),
        new("pod-range-v6", "CIDR", "IPv6 range pods get addresses from, /64 to /120. Services may have IPv6 addresses then, too. Default: pods have no IPv6 address.",
            o => o.PodRangeV6?.ToString(), (o, v) => o with { PodRangeV6 = Network(v) }),
        new("service-range", "CIDR", "IPv4 range Services get addresses from, /12 to /28. Refused when the host routes a part of it already. Default: 10.43.0.0/16, or the next free /16 up to 10.82.0.0/16.",
            o => o.ServiceRange?.ToString(), (o, v) => o with { ServiceRange = Network(v) }),
        new("service-range-v6", "CIDR", "IPv6 range Services get addresses from, /108 to /124; only with a pod-range-v6. Refused when the host routes a part of it already. Default: fd43::/112, or the next free /112 up to fd82::/112.",
            o => o.ServiceRangeV6?.ToString(), (o, v) => o with { ServiceRangeV6 = Network(v) }),
        new("cluster-dns", "ADDRESS|none", "Address at which pods ask for names of Services, one of the service range; none: there is no cluster DNS, and dnsPolicy ClusterFirst acts as Default. Pods that run keep what they were given. Default: the tenth of the service range, such as 10.43.0.10.",
            o => o.HasClusterDns ? o.ClusterDns?.ToString() : "none", (o, v) => o with { HasClusterDns = v != "none", ClusterDns = v == "none" ? null : Address(v) }),
        new("cluster-domain", "NAME", "What names of Services end with: web.default.svc.NAME. At most 57 characters.",
            o => o.ClusterDomain, (o, v) => o with { ClusterDomain = Domain(v) }),
        new("dns-program", "PATH", "The insula-dns program to start. Default: insula-dns beside this program, then /usr/lib/insula/insula-dns.",
            o => o.DnsProgram, (o, v) => o with { DnsProgram = Directory(v) }),
        new("haproxy", "PATH", "The HAProxy program that serves Ingresses, in a pod that sees it and its libraries. Need not be there: then Ingresses say so.",
            o => o.HAProxy, (o, v) => o with { HAProxy = Directory(v) }),
        new("ingress-service", "TYPE", "How Ingresses are reached: type of the Service insula-ingress in the namespace insula-system, which is ClusterIP, NodePort or LoadBalancer.",
            o => o.IngressService, (o, v) => o with { IngressService = v is ServiceTypeNames.ClusterIP or ServiceTypeNames.NodePort or ServiceTypeNames.LoadBalancer ? v : throw new FormatException("ClusterIP, NodePort or LoadBalancer") }),
        new("node-port-range", "FIRST-LAST", "Ports that Services of the type NodePort get.",
            o => o.NodePortRange.ToString(), (o, v) => o with { NodePortRange = PortRange.TryParse(v) ?? throw new FormatException("a range of ports like 30000-32767") }),
        new("load-balancer", "host|pool|exec|none", "What Services of the type LoadBalancer get that name no loadBalancerClass: host: ports of the machine's own address; pool: an address of load-balancer-pool each; exec: what load-balancer-exec gives; none: nothing from this daemon. Default: pool or exec when that is configured, else host.",
            o => o.LoadBalancer?.ToString().ToLowerInvariant(), (o, v) => o with { LoadBalancer = Word<BalancerKind>(v) }),
        new("load-balancer-pool", "RANGES", "IPv4 addresses that Services of the type LoadBalancer may have, one each: networks, ranges and single ones like 192.0.2.16/28,192.0.2.40-192.0.2.50. They are bound to this machine and announced by ARP; nobody else in the network may use them. Default: none.",
            o => o.LoadBalancerPool.Count > 0 ? o.LoadBalancerPool.ToString() : null,
            (o, v) => o with { LoadBalancerPool = AddressRanges.TryParse(v) ?? throw new FormatException($"IPv4 addresses, networks and ranges like 192.0.2.16/28,192.0.2.40-192.0.2.50, none twice, {AddressRanges.Most} at most") }),
        new("load-balancer-link", "NAME", "The link on which they are announced. Default: all of the machine's but pods'.",
            o => o.LoadBalancerLink, (o, v) => o with { LoadBalancerLink = v }),
        new("load-balancer-exec", "PROGRAM", "A program that gives Services of the type LoadBalancer their addresses, asked in JSON: see docs/load-balancers.md. Default: none.",
            o => o.LoadBalancerExec, (o, v) => o with { LoadBalancerExec = Directory(v) }),
        new("cni-conf-dir", "DIR", "Directory of a CNI network configuration list (*.conflist): its plug-ins connect pods instead of the built-in network, see docs/cni.md. The first by name holds, and is read for each pod. Network policies cannot be kept then, and are refused. Default: none, the built-in network.",
            o => o.CniConfDir, (o, v) => o with { CniConfDir = Directory(v) }),
        new("cni-bin-dir", "DIR[:DIR...]", "Where CNI plug-ins are looked for, in order.",
            o => string.Join(':', o.CniBinDirs), (o, v) => o with { CniBinDirs = Programs(v) }),
        new("insulated", "true|false", "Whether pods that no network policy is about in the direction Ingress are closed to pods of other namespaces but by Services. Kubernetes leaves them open.",
            o => Show(o.Insulated), (o, v) => o with { Insulated = Boolean(v) }),
        new("forward-foreign", "true|false", "Whether packets that have nothing to do with pods may be forwarded where this daemon switched forwarding on.",
            o => Show(o.ForwardForeign), (o, v) => o with { ForwardForeign = Boolean(v) }),
        new("mtu", "BYTES", "Largest packet on a pod's link. Default: that of the default route's link.",
            o => o.Mtu?.ToString(CultureInfo.InvariantCulture), (o, v) => o with { Mtu = (int)Number(v, 576, 65535) }),
        new("prepared-namespaces", "N", "Network namespaces that are kept ready for pods to come, which then start sooner. Each takes some 200 KB of the kernel's memory; 0: each is made when a pod needs it.",
            o => Show(o.PreparedNamespaces), (o, v) => o with { PreparedNamespaces = (int)Number(v, 0, 64) }),
        new("resolv-conf", "FILE", "Resolver configuration that pods with dnsPolicy Default are given, and whose servers the cluster DNS asks for all names that are not its own.",
            o => o.ResolvConf, (o, v) => o with { ResolvConf = Directory(v) }),
        new("registry-hosts", "DIR", "Directory that says how registries are reached, by containerd's convention: DIR/REGISTRY/hosts.toml with mirrors, certificates and plain http. Need not be there; read at each pull.",
            o => o.RegistryHosts, (o, v) => o with { RegistryHosts = Directory(v) }),
        new("registry-auth", "FILE", "This machine's credentials for registries, as docker login leaves them in config.json, with credential helpers. Used for every pod, after the pod's own imagePullSecrets. Need not be there; read at each pull.",
            o => o.RegistryAuth, (o, v) => o with { RegistryAuth = Directory(v) }),
        new("parallel-pulls", "N", "Most images that are pulled for pods at once.",
            o => Show(o.ParallelPulls), (o, v) => o with { ParallelPulls = (int)Number(v, 1, 100) }),
        new("image-gc-high", "PERCENT", "How full the file system of the images may be before images that no pod uses are removed, those unused for longest first; 100: never.",
            o => Show(o.ImageCollection.High), (o, v) => o with { ImageCollection = o.ImageCollection with { High = (int)Number(v, 1, 100) } }),
        new("image-gc-low", "PERCENT", "How full it may be afterwards.",
            o => Show(o.ImageCollection.Low), (o, v) => o with { ImageCollection = o.ImageCollection with { Low = (int)Number(v, 0, 100) } }),
        new("image-gc-age", "TIME", "How long an image stays after it has come, whatever the disk is like.",
            o => Duration.Format(o.ImageCollection.LeastAge), (o, v) => o with { ImageCollection = o.ImageCollection with { LeastAge = Duration.Parse(v) } }),
        new("image-max-age", "TIME", "How long an image may be unused before it is removed, whatever the disk is like; 0s: for ever.",
            o => Duration.Format(o.ImageCollection.MostAge), (o, v) => o with { ImageCollection = o.ImageCollection with { MostAge = Duration.Parse(v) } }),
        new("eviction-hard", "THRESHOLDS|none", "How much must be left of the machine: memory.available, nodefs.available and nodefs.inodesFree (the daemon's disk), imagefs.available and imagefs.inodesFree (that of the images, if it is another one), pid.available, as amounts or parts. With less the node has the condition MemoryPressure, DiskPressure or PIDPressure, which keeps further pods away; unused images and remains of ended pods are removed, and pods are evicted. Signals that are not named are not watched; none: nobody is evicted.",
            o => EvictionThreshold.Format(o.EvictionHard), (o, v) => o with { EvictionHard = EvictionThreshold.ParseList(v) }),
        new("eviction-soft", "THRESHOLDS|none", "The same as eviction-hard, for what may be lacking for a while: the node tells at once and keeps pods away, and room is made when the signal's eviction-soft-grace-period is over. Usually higher than a hard threshold of the same signal.",
            o => EvictionThreshold.Format(o.EvictionSoft), (o, v) => o with { EvictionSoft = EvictionThreshold.ParseList(v) }),
        new("eviction-soft-grace-period", "SIGNAL=TIME,...|none", "How long there may be less than eviction-soft says without interruption, such as memory.available=90s,nodefs.available=2m: of each of its signals one. A restart of the daemon begins anew.",
            o => SignalValues.Format(o.EvictionSoftGrace, Duration.Format), (o, v) => o with { EvictionSoftGrace = SignalValues.Parse(v, Duration.Parse, "memory.available=90s,nodefs.available=2m") }),
        new("eviction-max-pod-grace-period", "TIME|none", "What a pod has to end at most that is evicted for a soft threshold, if it gives itself no less; none: as long as it gives itself. Pods that are evicted for a hard one have a second. Default: a second, too.",
            o => o.EvictionMostGrace is { } most ? most == TimeSpan.MaxValue ? "none" : Duration.Format(most) : null, (o, v) => o with { EvictionMostGrace = v == "none" ? TimeSpan.MaxValue : Duration.Parse(v) }),
        new("eviction-minimum-reclaim", "SIGNAL=AMOUNT,...|none", "How much more than the threshold there must be left once room had to be made, as amounts or parts, such as nodefs.available=500Mi,imagefs.available=2%: it goes on until then, and the node tells until then, so that it does not begin anew every other moment.",
            o => SignalValues.Format(o.EvictionReclaim, r => r.ToString()), (o, v) => o with { EvictionReclaim = SignalValues.Parse(v, EvictionAmount.Parse, "nodefs.available=500Mi,imagefs.available=2%") }),
        new("eviction-pressure-transition-period", "TIME", "How long such a condition is told after it was last seen.",
            o => Duration.Format(o.EvictionTransition), (o, v) => o with { EvictionTransition = Duration.Parse(v) }),
        new("back-off-initial", "TIME", "Delay before the second restart of a failing container; the first happens at once, each further one doubles the delay.",
            o => Duration.Format(o.BackOffInitial), (o, v) => o with { BackOffInitial = Duration.Parse(v) }),
        new("back-off-max", "TIME", "Longest delay between restarts.",
            o => Duration.Format(o.BackOffMax), (o, v) => o with { BackOffMax = Duration.Parse(v) }),
        new("back-off-reset", "TIME", "A container that ran this long begins again with the initial delay.",
            o => Duration.Format(o.BackOffReset), (o, v) => o with { BackOffReset = Duration.Parse(v) }),
        new("log-max-size", "BYTES", "Size at which a container's log file is rotated.",
            o => Show(o.LogMaxSize), (o, v) => o with { LogMaxSize = Number(v, 4096, 1L << 40) }),
        new("log-max-files", "N", "Log files kept for each start of a container, the current one included.",
            o => Show(o.LogMaxFiles), (o, v) => o with { LogMaxFiles = (int)Number(v, 1, PodOptions.MostLogFiles) }),
        new("pod-pids-limit", "N", "Most processes and threads a pod may have; 0 for no limit.",
            o => Show(o.PodPidsLimit), (o, v) => o with { PodPidsLimit = Number(v, 0, 4_194_304) }),
        new("system-reserved", "cpu=AMOUNT,memory=AMOUNT", "What of this machine is kept for the system: pods cannot request it. Pods whose requests do not fit into the rest wait until they do.",
            o => o.SystemReserved.ToString(), (o, v) => o with { SystemReserved = SystemReserved.Parse(v) }),
        new("memory-throttling-factor", "FACTOR|none", "How much of what lies between the request and the limit of memory a container may use before the kernel slows it down and takes memory back (memory.high), above 0 and at most 1, such as 0.9; of one without a limit, between its request and what pods can request. Not of Guaranteed pods. Only where memory is controlled by cgroup2; for containers that start from then on.",
            o => o.MemoryThrottlingFactor?.ToString(CultureInfo.InvariantCulture) ?? "none", (o, v) => o with { MemoryThrottlingFactor = v == "none" ? null : Factor(v) }),
        new("memory-reservation-policy", "None|TieredReservation", "Whether what pods request of memory is protected from being taken back: TieredReservation protects that of Guaranteed pods for good (memory.min) and that of Burstable ones as long as there is other memory to take (memory.low). Only where memory is controlled by cgroup2, and as far as the groups above the pods' are protected, too.",
            o => o.ReservesMemory ? "TieredReservation" : "None", (o, v) => o with { ReservesMemory = v is "None" or "TieredReservation" ? v != "None" : throw new FormatException("None or TieredReservation") }),
        new("swap-behavior", "NoSwap|LimitedSwap|none", "Which containers may swap, where the machine has swap and controls memory by cgroup2; elsewhere the daemon does not start with it. NoSwap: none. LimitedSwap: those of Burstable pods that request memory and may use more, as much of the swap as they request of the memory. none: those without a limit of memory.",
            o => o.SwapBehavior?.ToString() ?? "none", (o, v) => o with { SwapBehavior = v == "none" ? null : Word<SwapBehavior>(v) }),
        new("max-pods", "N", "How many pods run at a time; further ones wait.",
            o => Show(o.MaxPods), (o, v) => o with { MaxPods = (int)Number(v, 1, 100_000) }),
        new("resource-limits", "NAME=SOFT[:HARD],...", "Limits of setrlimit(2), such as ulimit shows them, that containers and commands in them start with: nofile, nproc, core, memlock, stack and the others by name; unlimited for none. What is not listed they have from the daemon.",
            o => string.Join(',', o.ResourceLimits), (o, v) => o with { ResourceLimits = Limits(v) }),
        new("cgroup-parent", "PATH", "The control group to make the pods' groups in, such as /system.slice/insula-pods.service. Default: the daemon's own when systemd delegated it, else the root; a restarted daemon keeps the place of the one before.",
            o => o.CgroupParent, (o, v) => o with { CgroupParent = CgroupPath(v) }),
        new("drain-limit", "TIME", "Longest grace that --drain gives a container, whatever its pod asks for.",
            o => Duration.Format(o.DrainLimit), (o, v) => o with { DrainLimit = Duration.Parse(v) }),
        new("user-ids", "FIRST:COUNT", "Ids of this machine that pods with hostUsers: false get 65536 each of, both numbers multiples of 65536. Default: those of the user insula in /etc/subuid and /etc/subgid; without such a user 1879048192:268435456. Ids of other users there, in /etc/passwd and in /etc/group are left out.",
            o => o.UserIds?.ToString(), (o, v) => o with { UserIds = UserIds(v) }),
        new("default-capabilities", "NAMES", "Capabilities of containers whose manifest neither adds nor drops any, as in capabilities(7), without CAP_. containerd and Docker also give AUDIT_WRITE, MKNOD and NET_RAW.",
            o => string.Join(',', CapabilityNames.In(o.DefaultCapabilities)), (o, v) => o with { DefaultCapabilities = Capabilities(v) }),
        new("seccomp-default", "true|false", "Whether containers without a seccomp profile of their own run under the default one (Kubernetes: no).",
            o => Show(o.SeccompDefault), (o, v) => o with { SeccompDefault = Boolean(v) }),
        new("pod-security-enforce", "LEVEL[:VERSION]", "Pod Security Standard that refuses pods in namespaces without the label pod-security.kubernetes.io/enforce: privileged, baseline or restricted; VERSION is latest or v1.N.",
            o => o.PodSecurity.Enforce.ToString(), (o, v) => o with { PodSecurity = o.PodSecurity with { Enforce = Standard(v) } }),
        new("pod-security-audit", "LEVEL[:VERSION]", "The same for notes in the audit log (label pod-security.kubernetes.io/audit).",
            o => o.PodSecurity.Audit.ToString(), (o, v) => o with { PodSecurity = o.PodSecurity with { Audit = Standard(v) } }),
        new("pod-security-warn", "LEVEL[:VERSION]", "The same for warnings to who makes the request (label pod-security.kubernetes.io/warn).",
            o => o.PodSecurity.Warn.ToString(), (o, v) => o with { PodSecurity = o.PodSecurity with { Warn = Standard(v) } }),
        new("pod-security-exempt", "NAMESPACE,...", "Namespaces whose pods are not checked, whatever their labels say. Default: none.",
            o => o.PodSecurityExempt, (o, v) => o with { PodSecurityExempt = Namespaces(v) }),
        new("allowed-unsafe-sysctls", "NAMES", "Sysctls that pods may set beyond Kubernetes' safe ones: names, or beginnings of names with a *, separated by commas, such as net.core.somaxconn,kernel.msg*. Only what is known to be namespaced. Default: none.",
            o => o.AllowedUnsafeSysctls.Count == 0 ? null : string.Join(',', o.AllowedUnsafeSysctls), (o, v) => o with { AllowedUnsafeSysctls = Sysctls(v) }),
        new("event-lifetime", "TIME", "How long events are kept.",
            o => Duration.Format(o.EventLifetime), (o, v) => o with { EventLifetime = Duration.Parse(v) }),
        new("event-count", "N", "Most events kept; the oldest go first.",
            o => Show(o.EventCount), (o, v) => o with { EventCount = (int)Number(v, 100, 1_000_000) }),
        new("watches-per-peer", "N", "Most watches, followed logs, exec sessions and forwarded connections at a time for one user on the socket.",
            o => Show(o.WatchesPerPeer), (o, v) => o with { WatchesPerPeer = (int)Number(v, 1, 100_000) }),
        new("log-level", "LEVEL", "Least severe level of the daemon's own log: trace, debug, information, warning, error.",
            o => o.LogLevel.ToString().ToLowerInvariant(), (o, v) => o with { LogLevel = Word<LogLevel>(v) }),
        new("log-format", "FORMAT", "auto, terminal (time, level, text) or journal (<N> before each line). auto chooses journal when started by systemd.",
            o => o.LogFormat.ToString().ToLowerInvariant(), (o, v) => o with { LogFormat = Word<LogFormat>(v) }),
    ];

    public static OptionDefinition? Find(string name) => All.FirstOrDefault(o => o.Name == name);

    /// <summary>What to say of a name that is no option: the one that was meant, or where all are listed.</summary>
    /// <param name="name">The unknown name.</param>
    /// <param name="prefix">What stands before names where this one stood.</param>
    public static string Unknown(string name, string prefix) =>
        Insula.Api.Kinds.Suggestions.Closest(name, All.Select(o => o.Name)) is { } meant
            ? $"no such option; did you mean \"{prefix}{meant}\"?"
            : "no such option; insulad --help lists them";

    private static string Directory(string value) => value.Length == 0
        ? throw new FormatException("a path")
        : Path.GetFullPath(value);

    private static string[] Programs(string value) =>
        value.Split(':') is var directories && directories.All(d => d.StartsWith('/')) ? directories : throw new FormatException("full paths of directories, separated by colons");

    private static string CgroupPath(string value) => value.StartsWith('/') && !value.Split('/').Any(c => c is "." or "..")
        ? value
        : throw new FormatException("the path of a control group from the root of its hierarchy, like /system.slice/insula-pods.service");

    /// <summary>With a pod's, a Service's and a namespace's name before it, of 63 letters each, it must still be a name.</summary>
    private static string Domain(string value) => Names.Dns1123Subdomain(value) is null && value.Length <= 57
        ? value
        : throw new FormatException("a domain name of at most 57 characters, in lower case, like cluster.local");

    private static IPAddress Address(string value) =>
        IPAddress.TryParse(value, out var address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && address.ToString() == value
            ? address : throw new FormatException("an IPv4 address like 10.43.0.10, or none");

    private static IPEndPoint EndPoint(string value) => IPEndPoint.TryParse(value, out var endpoint) && endpoint.Port > 0
        ? endpoint : throw new FormatException("an address and a port like 127.0.0.1:9083 or [::1]:9083");

    private static IPNetwork Network(string value) => IPNetwork.TryParse(value, out var network)
        && IPAddress.TryParse(value.AsSpan(0, value.IndexOf('/', StringComparison.Ordinal)), out var address) && address.Equals(network.BaseAddress)
        ? network
        : throw new FormatException("a range like 10.83.0.0/16 whose host bits are zero");

    private static UserIdRange UserIds(string value) =>
        UserIdRange.TryParse(value) is { } ids && ids.First % UserIdRange.PerPod == 0 && ids.Count % UserIdRange.PerPod == 0
            ? ids
            : throw new FormatException("FIRST:COUNT, both multiples of 65536 and above 0, like 1879048192:268435456");

    private static ResourceLimit[] Limits(string value)
    {
        var limits = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(ResourceLimit.TryParse).ToList();
        return limits.All(l => l is not null) && limits.DistinctBy(l => l!.Name).Count() == limits.Count
            ? [.. limits!]
            : throw new FormatException($"limits like nofile=1024:524288,core=0, each once, by one of the names {string.Join(", ", ResourceLimit.Names)}");
    }

    private static ulong Capabilities(string value)
    {
        try
        {
            return CapabilityNames.Parse(value);
        }
        catch (FormatException e)
        {
            throw new FormatException($"names of capabilities, separated by commas: {e.Message}", e);
        }
    }

    private static PodSecurityStandard Standard(string value) => PodSecurityStandard.TryParse(value, out var standard)
        ? standard
        : throw new FormatException("privileged, baseline or restricted, with or without :latest or :v1.N behind it");

    private static string Namespaces(string value) => value.Split(',').All(n => Names.Dns1123Label(n) is null)
        ? value
        : throw new FormatException("names of namespaces, separated by commas");

    private static string[] Sysctls(string value)
    {
        var names = value.Split(',', StringSplitOptions.TrimEntries);
        try
        {
            _ = new SysctlAllowlist(names);
            return names;
        }
        catch (FormatException e)
        {
            throw new FormatException($"a list of namespaced sysctls: {e.Message}", e);
        }
    }

    private static bool Boolean(string value) => value switch
    {
        "true" => true,
        "false" => false,
        _ => throw new FormatException("true or false"),
    };

    private static double Factor(string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var factor) && factor is > 0 and <= 1
            ? factor
            : throw new FormatException("none, or a number above 0 and at most 1");

    private static long Number(string value, long least, long most) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"a whole number from {least} to {most}");

    private static T Word<T>(string value)
        where T : struct, Enum =>
        Enum.TryParse<T>(value, ignoreCase: true, out var word) && Enum.IsDefined(word) && !char.IsAsciiDigit(value[0])
            ? word
            : throw new FormatException("one of " + string.Join(", ", Enum.GetNames<T>().Select(n => n.ToLowerInvariant())));

    private static string Show(bool value) => value ? "true" : "false";

    private static string Show(long value) => value.ToString(CultureInfo.InvariantCulture);
}
