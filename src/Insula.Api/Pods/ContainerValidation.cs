using Insula.Api.Core;
using Insula.Api.Validation;
using Insula.Api.Values;

namespace Insula.Api.Pods;

/// <summary>Checks one container.</summary>
internal static class ContainerValidation
{
    private const int MostRestartRules = 20;
    private const int MostExitCodes = 255;
    private static readonly string[] _resources = ["cpu", "memory", PodResources.EphemeralStorage];
    private static readonly string[] _ofPod = ["cpu", "memory"];

    public static void Validate(ErrorList at, Container container, IReadOnlySet<string> volumes, PodSpec spec)
    {
        Common(at, container, volumes, spec);
        Watch(at, container, spec);
    }

    /// <summary>An init container: what watches over a container that goes on is a sidecar's alone.</summary>
    public static void ValidateInit(ErrorList at, Container container, IReadOnlySet<string> volumes, PodSpec spec)
    {
        Common(at, container, volumes, spec);
        if (container.RestartPolicy == RestartPolicies.Always)
        {
            Watch(at, container, spec);
            return;
        }

        foreach (var (name, given) in new (string, object?)[]
            { ("lifecycle", container.Lifecycle), ("livenessProbe", container.LivenessProbe), ("readinessProbe", container.ReadinessProbe), ("startupProbe", container.StartupProbe) })
        {
            if (given is not null)
            {
                at.Field(name).Forbidden("may not be set for init containers without restartPolicy=Always");
            }
        }
    }

    /// <summary>An ephemeral container. What it cannot have at all the decoder refuses.</summary>
    public static void ValidateEphemeral(ErrorList at, Container container, IReadOnlySet<string> volumes, PodSpec spec)
    {
        Common(at, container, volumes, spec);
        if (container.TargetContainerName is { Length: > 0 } target && !spec.Containers.Concat(spec.InitContainers).Any(c => c.Name == target))
        {
            at.Field("targetContainerName").NotFound(target);
        }

        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var mount = at.Field("volumeMounts").Index(i);
            if (!string.IsNullOrEmpty(container.VolumeMounts[i].SubPath))
            {
                mount.Field("subPath").Forbidden("cannot be set for an Ephemeral Container");
            }

            if (!string.IsNullOrEmpty(container.VolumeMounts[i].SubPathExpr))
            {
                mount.Field("subPathExpr").Forbidden("cannot be set for an Ephemeral Container");
            }
        }
    }

    private static void Watch(ErrorList at, Container container, PodSpec spec)
    {
        LifecycleValidation.Validate(at.Field("lifecycle"), container, spec);
        ProbeValidation.Liveness(at.Field("livenessProbe"), container.LivenessProbe);
        ProbeValidation.Readiness(at.Field("readinessProbe"), container.ReadinessProbe);
        ProbeValidation.Startup(at.Field("startupProbe"), container.StartupProbe);
    }

    private static void Common(ErrorList at, Container container, IReadOnlySet<string> volumes, PodSpec spec)
    {
        at.Field("name").Name(container.Name, Names.Dns1123Label);
        var image = at.Field("image");
        if (string.IsNullOrEmpty(container.Image))
        {
            image.Required();
        }
        else if (container.Image.Trim() != container.Image)
        {
            image.Invalid(container.Image, "must not have leading or trailing whitespace");
        }
        else if (container.Image.Any(c => c is <= ' ' or > '~'))
        {
            image.Invalid(container.Image, "must be printable ASCII without spaces");
        }

        at.Field("command").WithoutNul(container.Command);
        at.Field("args").WithoutNul(container.Args);
        at.Field("workingDir").Plain(container.WorkingDir);
        if (container.TerminationMessagePath is { Length: > 0 } words)
        {
            VolumeValidation.MountPath(at.Field("terminationMessagePath"), words, []);
            at.Field("terminationMessagePath").Plain(words);
        }

        Ports(at.Field("ports"), container.Ports, spec.HostNetwork);
        EnvValidation.Env(at.Field("env"), container.Env, spec.Volumes);
        EnvValidation.EnvFrom(at.Field("envFrom"), container.EnvFrom);
        VolumeValidation.Mounts(at.Field("volumeMounts"), container, volumes);
        Resources(at.Field("resources"), container.Resources, _resources);
        WithHugePages(at.Field("resources"), container.Resources);
        ResizePolicy(at.Field("resizePolicy"), container, spec);
        RestartRules(at, container);
        SecurityValidation.Container(at.Field("securityContext"), container.SecurityContext, spec.HostUsers != false);
    }

    private static void ResizePolicy(ErrorList at, Container container, PodSpec spec)
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < container.ResizePolicy.Count; i++)
        {
            var policy = container.ResizePolicy[i];
            if (!seen.Add(policy.ResourceName))
            {
                at.Index(i).Field("resourceName").Duplicate(policy.ResourceName);
            }

            if (policy.RestartPolicy == ResizeRestartPolicies.RestartContainer && (container.RestartPolicy ?? spec.RestartPolicy) == RestartPolicies.Never)
            {
                at.Index(i).Field("restartPolicy").Unsupported("must be 'NotRequired' when `restartPolicy` is 'Never'");
            }
        }
    }

    // Which values there are is the schema's to say.
    private static void RestartRules(ErrorList at, Container container)
    {
        var rules = container.RestartPolicyRules;
        if (rules.Count > 0 && container.RestartPolicy is null)
        {
            at.Field("restartPolicy").Required("must specify restartPolicy when restart rules are used");
        }

        if (rules.Count > MostRestartRules)
        {
            at.All.Add(FieldError.TooMany(at.Field("restartPolicyRules").Path, rules.Count, MostRestartRules));
        }

        for (var i = 0; i < rules.Count; i++)
        {
            if (rules[i].ExitCodes is { Values: { Count: > MostExitCodes } values })
            {
                at.All.Add(FieldError.TooMany(at.Field("restartPolicyRules").Index(i).Field("exitCodes").Field("values").Path, values.Count, MostExitCodes));
            }
        }
    }

    private static void Ports(ErrorList at, IReadOnlyList<ContainerPort> ports, bool hostNetwork)
    {
        var names = new HashSet<string>();
        for (var i = 0; i < ports.Count; i++)
        {
            var one = at.Index(i);
            if (ports[i].Name is { Length: > 0 } name)
            {
                if (Names.PortName(name) is { } complaint)
                {
                    one.Field("name").Invalid(name, complaint);
                }
                else if (!names.Add(name))
                {
                    one.Field("name").Duplicate(name);
                }
            }

            if (ports[i].Port == 0)
            {
                one.Field("containerPort").Required();
            }
            else
            {
                one.Field("containerPort").Range(ports[i].Port, 1, 65535);
            }

            HostPort(one, ports[i], hostNetwork);
        }
    }

    private static void HostPort(ErrorList at, ContainerPort port, bool hostNetwork)
    {
        if (port.HostPort is { } number and not 0)
        {
            at.Field("hostPort").Range(number, 1, 65535);
            if (hostNetwork && number != port.Port)
            {
                at.Field("hostPort").Invalid(number, "must match `containerPort` when `hostNetwork` is true");
            }
        }

        if (port.HostIP is { Length: > 0 } address)
        {
            if (!Services.ServiceValidation.IsIPv4(address))
            {
                at.Field("hostIP").Invalid(address, "must be a valid IPv4 address");
            }
            else if (address.StartsWith("127.", StringComparison.Ordinal))
            {
                // What it would take (route_localnet) opens programs that listen on the loopback to the neighbours (CVE-2020-8558).
                at.Field("hostIP").Invalid(address, "may not be a loopback address: host ports are for other machines and for this one's own addresses");
            }
        }
    }

    /// <summary>What the pod says as a whole, and how its containers fit into that (KEP-2837).</summary>
    public static void OfPod(ErrorList at, PodSpec spec)
    {
        if (spec.Resources is not { } whole)
        {
            return;
        }

        Resources(at.Field("resources"), whole, _ofPod);
        foreach (var name in _ofPod)
        {
            if (whole.Requests.TryGetValue(name, out var request) && PodResources.RequestedByContainers(spec, name) is var together && PodResources.Amount(whole.Requests, name) < together)
            {
                at.Field("resources").Field("requests").Key(name).Invalid(request.ToString(), $"must be greater than or equal to aggregate container requests of {PodResources.Quantity(name, together)}");
            }

            if (!whole.Limits.TryGetValue(name, out var most))
            {
                continue;
            }

            foreach (var (list, containers) in new[] { ("containers", spec.Containers), ("initContainers", spec.InitContainers) })
            {
                for (var i = 0; i < containers.Count; i++)
                {
                    if (containers[i].Resources.Limits.TryGetValue(name, out var limit) && limit > most)
                    {
                        at.Field(list).Index(i).Field("resources").Field("limits").Key(name).Invalid(limit.ToString(), $"must be less than or equal to pod limits of {most}");
                    }
                }
            }
        }
    }

    private static void Resources(ErrorList at, ResourceRequirements resources, string[] known)
    {
        Amounts(at.Field("limits"), resources.Limits, known);
        // A request equal to its limit is most often its default: what is wrong with it is said once.
        Amounts(at.Field("requests"), resources.Requests.Where(r => !resources.Limits.TryGetValue(r.Key, out var limit) || limit != r.Value), known);
        foreach (var (name, request) in resources.Requests)
        {
            if (HugePages.Is(name))
            {
                NotOvercommitted(at, resources, name, request);
            }
            else if (resources.Limits.TryGetValue(name, out var limit) && request > limit)
            {
                at.Field("requests").Invalid(request.ToString(), $"must be less than or equal to {name} limit of {limit}");
            }
        }
    }

    // Nobody gets a page that another was promised: what is requested is the limit.
    private static void NotOvercommitted(ErrorList at, ResourceRequirements resources, string name, Quantity request)
    {
        if (!resources.Limits.TryGetValue(name, out var limit))
        {
            at.Field("limits").Required("Limit must be set for non overcommitable resources");
        }
        else if (request != limit)
        {
            at.Field("requests").Invalid(request.ToString(), $"must be equal to {name} limit of {limit}");
        }
    }

    private static void WithHugePages(ErrorList at, ResourceRequirements resources)
    {
        var names = resources.Limits.Keys.Concat(resources.Requests.Keys).ToList();
        if (names.Any(HugePages.Is) && !names.Any(_ofPod.Contains))
        {
            at.Forbidden("HugePages require cpu or memory");
        }
    }

    private static void Amounts(ErrorList at, IEnumerable<KeyValuePair<string, Quantity>> amounts, string[] known)
    {
        foreach (var (name, amount) in amounts)
        {
            var one = at.Key(name);
            if (known == _resources && HugePages.Is(name))
            {
                OfHugePages(one, name, amount);
            }
            else if (!known.Contains(name))
            {
                one.Unsupported(name switch
                {
                    _ when HugePages.Is(name) => "not supported for the pod as a whole: huge pages are its containers'",
                    "pids" => "not supported: the number of processes is limited by the daemon's option podPidsLimit",
                    _ when known == _resources => $"not supported: only {string.Join(", ", known)} and {HugePages.Prefix}SIZE are",
                    _ => $"not supported: only {string.Join(", ", known[..^1])} and {known[^1]} are",
                });
            }
            else if (amount.Sign < 0)
            {
                one.Invalid(amount.ToString(), "must be greater than or equal to 0");
            }
            else if (name == "cpu" && !amount.IsWholeMilli)
            {
                one.Invalid(amount.ToString(), "must be a multiple of 1m, a thousandth of a core");
            }
            else if (name != "cpu" && !amount.IsWhole)
            {
                one.Invalid(amount.ToString(), "must be a whole number of bytes; the suffix m means thousandths, M and Mi millions");
            }
        }
    }

    /// <summary>Checks an amount of huge pages.</summary>
    internal static void OfHugePages(ErrorList at, string name, Quantity amount)
    {
        if (HugePages.SizeOf(name) is not { } size)
        {
            at.Invalid(name, "must be hugepages-SIZE with a power of two in its shortest form, such as hugepages-2Mi or hugepages-1Gi");
        }
        else if (amount.Sign < 0)
        {
            at.Invalid(amount.ToString(), "must be greater than or equal to 0");
        }
        else if (!amount.IsWhole || amount.Value % size != 0)
        {
            at.Invalid(amount.ToString(), $"is not positive integer multiple of {name[HugePages.Prefix.Length..]}");
        }
    }
}
