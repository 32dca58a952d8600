namespace Insulad.Configuration;

/// <summary>How log lines look.</summary>
internal enum LogFormat
{
    /// <summary>Journal when the service manager reads standard error, else terminal.</summary>
    Auto,

    /// <summary>Time, level, text; coloured on a terminal.</summary>
    Terminal,

    /// <summary><c>&lt;N&gt;</c> before each line (sd-daemon(3)); the journal adds the time.</summary>
    Journal,
}
