using Insula.Linux.SecurityModules;

namespace Insula.Pods.Tests.Security;

/// <summary>A machine with a policy that knows every context but some.</summary>
internal sealed class FakeSELinux : ISELinux
{
    public bool IsEnabled { get; init; } = true;

    public bool IsEnforcing { get; init; }

    /// <summary>Why the policy has nothing for containers; null when it has.</summary>
    public string? Refusal { get; init; }

    /// <summary>The contexts it does not know.</summary>
    public IReadOnlyList<string> Unknown { get; init; } = [];

    /// <summary>The level of its contexts.</summary>
    public string? Level { get; init; } = "s0";

    public SELinuxContainerContexts ContainerContexts() => Refusal is null
        ? new(new SELinuxContext("u", "r", "container_t", Level), new SELinuxContext("u", "object_r", "container_file_t", Level))
        : throw new NotSupportedException(Refusal);

    public bool Knows(SELinuxContext context) => !Unknown.Contains(context.ToString());
}
