namespace Insula.Linux.SecurityModules;

/// <summary>AppArmor: whether it is on, and which profiles are loaded. See apparmor(7).</summary>
public interface IAppArmor
{
    /// <summary>Whether the kernel enforces AppArmor profiles.</summary>
    bool IsEnabled { get; }

    /// <summary>Whether a profile is loaded, in whatever mode.</summary>
    /// <param name="profile">Its name.</param>
    /// <exception cref="LinuxException">The kernel's list cannot be read.</exception>
    bool IsLoaded(string profile);

    /// <summary>Loads a profile, or exchanges it for one of the same name.</summary>
    /// <param name="text">The profile in the language of apparmor.d(5).</param>
    /// <exception cref="NotSupportedException">There is no apparmor_parser, or it refuses; the message says what to do.</exception>
    void Load(string text);
}
