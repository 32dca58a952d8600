namespace Insula.Api.Core;

/// <summary>Values of a condition's status.</summary>
public static class ConditionStatuses
{
    /// <summary>"True".</summary>
    public const string True = "True";

    /// <summary>"False".</summary>
    public const string False = "False";

    /// <summary>"Unknown".</summary>
    public const string Unknown = "Unknown";
}
