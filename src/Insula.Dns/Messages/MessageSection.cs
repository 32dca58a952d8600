namespace Insula.Dns.Messages;

/// <summary>A section of an answer; the value is where the header counts its records.</summary>
public enum MessageSection
{
    /// <summary>What was asked for.</summary>
    Answer = 6,

    /// <summary>Who knows.</summary>
    Authority = 8,

    /// <summary>What will be asked for next.</summary>
    Additional = 10,
}
