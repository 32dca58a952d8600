using Insula.Linux.LibC;

namespace Insula.Linux.SecurityModules;

/// <summary>SELinux of this machine's kernel and the policy that <c>/etc/selinux/config</c> names.</summary>
public sealed class SELinux : ISELinux
{
    private const string KernelDirectory = "/sys/fs/selinux";
    private const string PolicyDirectory = "/etc/selinux";
    private const string UsualPolicy = "targeted";

    /// <inheritdoc/>
    public bool IsEnabled => File.Exists(KernelDirectory + "/enforce");

    /// <inheritdoc/>
    public bool IsEnforcing => File.ReadAllText(KernelDirectory + "/enforce").StartsWith('1');

    /// <inheritdoc/>
    public SELinuxContainerContexts ContainerContexts()
    {
        var config = Path.Combine(PolicyDirectory, "config");
        var policy = (File.Exists(config) ? Value(File.ReadAllText(config), "SELINUXTYPE") : null) ?? UsualPolicy;
        var path = Path.Combine(PolicyDirectory, policy, "contexts/lxc_contexts");
        return File.Exists(path) && Contexts(File.ReadAllText(path)) is { } contexts ? contexts
            : throw new NotSupportedException($"the SELinux policy says nothing of containers: {path} has no contexts \"process\" and \"file\"");
    }

    /// <inheritdoc/>
    public bool Knows(SELinuxContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        using var file = Descriptor.Open(KernelDirectory + "/context", fcntl.O_RDWR);
        try
        {
            file.WriteAll(context.ToString());
            return true;
        }
        catch (LinuxException e) when (e.Errno == Errno.EINVAL)
        {
            return false;
        }
    }

    /// <summary>What a file of lines <c>process = "CONTEXT"</c> says; null when it lacks one of both.</summary>
    internal static SELinuxContainerContexts? Contexts(string text) =>
        Context(text, "process") is { } process && Context(text, "file") is { } file ? new(process, file) : null;

    /// <summary>The value of the last line <c>KEY = VALUE</c>, without its quotes; null when there is none.</summary>
    internal static string? Value(string text, string key) => text.Split('\n')
        .Select(line => line.Split('=', 2))
        .Where(parts => parts.Length == 2 && parts[0].Trim() == key)
        .Select(parts => parts[1].Trim().Trim('"'))
        .LastOrDefault(value => value.Length > 0);

    private static SELinuxContext? Context(string text, string key) => Value(text, key) is { } value ? SELinuxContext.Parse(value) : null;
}
