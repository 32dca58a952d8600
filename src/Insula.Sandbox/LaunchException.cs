using Insula.Linux;

namespace Insula.Sandbox;

/// <summary>The shim refused or failed a step of setting up a sandbox, starting a container or a command; nothing of
/// what was asked remains.</summary>
public sealed class LaunchException : SandboxException
{
    /// <summary>A failure without details.</summary>
    public LaunchException()
        : this("", "", Errno.None, null)
    {
    }

    /// <summary>A failure described by a message alone.</summary>
    /// <param name="message">What failed.</param>
    public LaunchException(string message)
        : this(message, "", Errno.None, null)
    {
    }

    /// <summary>A failure described by a message and its cause.</summary>
    /// <param name="message">What failed.</param>
    /// <param name="innerException">The cause.</param>
    public LaunchException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>A failed step.</summary>
    /// <param name="subject">What was being launched, for example <c>container 'web.0'</c>.</param>
    /// <param name="step">The shim's name of the step, for example <c>exec</c> or <c>bind</c>.</param>
    /// <param name="errno">the kernel's error number; none when the refusal was the shim's own.</param>
    /// <param name="detail">More in words (a path, a word of the plan), if the shim had it.</param>
    public LaunchException(string subject, string step, Errno errno, string? detail)
        : base(Describe(subject, step, errno, detail))
    {
        Step = step;
        Errno = errno;
        Detail = detail;
    }

    /// <summary>The shim's name of the step that failed.</summary>
    public string Step { get; } = "";

    /// <summary>the kernel's error number; none when the refusal was the shim's own.</summary>
    public Errno Errno { get; }

    /// <summary>More in words, if the shim had it.</summary>
    public string? Detail { get; }

    private static string Describe(string subject, string step, Errno errno, string? detail)
    {
        if (step.Length == 0)
        {
            return subject;
        }

        var reason = errno == Errno.None ? "refused" : $"{ErrnoNames.Describe((int)errno)} ({ErrnoNames.Name((int)errno)})";
        return string.IsNullOrEmpty(detail) ? $"{subject}: {step}: {reason}" : $"{subject}: {step}: {detail}: {reason}";
    }
}
