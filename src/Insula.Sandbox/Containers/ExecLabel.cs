namespace Insula.Sandbox.Containers;

/// <summary>What a Linux security module makes of a process at its exec.</summary>
public sealed record ExecLabel
{
    private ExecLabel(string file, string text, string? mounts)
    {
        File = file;
        Text = text;
        Mounts = mounts;
    }

    /// <summary>The file below <c>/proc/thread-self/attr</c> that takes it.</summary>
    public string File { get; }

    /// <summary>What is written there.</summary>
    public string Text { get; }

    /// <summary>The SELinux context of what a container finds mounted: its root, its tmpfs, the pod's own files and volumes; null for
    /// what these have anyway.</summary>
    public string? Mounts { get; }

    /// <summary>An AppArmor profile, which must be loaded; see apparmor(7).</summary>
    /// <param name="profile">Its name.</param>
    public static ExecLabel AppArmor(string profile) => new("apparmor/exec", "exec " + profile, null);

    /// <summary>An SELinux context, see setexeccon(3).</summary>
    /// <param name="context"><c>user:role:type:level</c>.</param>
    /// <param name="mounts">That of what a container finds mounted.</param>
    public static ExecLabel SELinux(string context, string mounts) => new("exec", context, mounts);
}
