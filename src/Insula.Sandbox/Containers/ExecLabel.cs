namespace Insula.Sandbox.Containers;

/// <summary>What a Linux security module makes of a process at its exec.</summary>
public sealed record ExecLabel
{
    private ExecLabel(string file, string text)
    {
        File = file;
        Text = text;
    }

    /// <summary>The file below <c>/proc/thread-self/attr</c> that takes it.</summary>
    public string File { get; }

    /// <summary>What is written there.</summary>
    public string Text { get; }

    /// <summary>An AppArmor profile, which must be loaded; see apparmor(7).</summary>
    /// <param name="profile">Its name.</param>
    public static ExecLabel AppArmor(string profile) => new("apparmor/exec", "exec " + profile);

    /// <summary>An SELinux context, see setexeccon(3).</summary>
    /// <param name="context"><c>user:role:type:level</c>.</param>
    public static ExecLabel SELinux(string context) => new("exec", context);
}
