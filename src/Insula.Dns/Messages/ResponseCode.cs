namespace Insula.Dns.Messages;

// CS1591: the names are those of the registry of DNS parameters.
#pragma warning disable CS1591

/// <summary>What became of a question (RFC 1035, 4.1.1; RFC 6891).</summary>
public enum ResponseCode
{
    NoError = 0,
    FormErr = 1,
    ServFail = 2,
    NXDomain = 3,
    NotImp = 4,
    Refused = 5,
    BadVers = 16,
}
