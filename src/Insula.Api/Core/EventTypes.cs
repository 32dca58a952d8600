namespace Insula.Api.Core;

/// <summary>Values of Event.Type.</summary>
public static class EventTypes
{
    /// <summary>"Normal".</summary>
    public const string Normal = "Normal";

    /// <summary>"Warning".</summary>
    public const string Warning = "Warning";
}
