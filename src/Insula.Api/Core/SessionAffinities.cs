namespace Insula.Api.Core;

/// <summary>Values of ServiceSpec.SessionAffinity.</summary>
public static class SessionAffinities
{
    /// <summary>"None".</summary>
    public const string None = "None";

    /// <summary>"ClientIP".</summary>
    public const string ClientIP = "ClientIP";

    /// <summary>How long a client is kept at its endpoint when the Service does not say, in seconds.</summary>
    public const int DefaultTimeoutSeconds = 10800;
}
