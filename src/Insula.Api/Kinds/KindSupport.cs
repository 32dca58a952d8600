namespace Insula.Api.Kinds;

/// <summary>What Insula does with objects of a kind.</summary>
public enum KindSupport
{
    /// <summary>They work.</summary>
    Supported,

    /// <summary>They are kept, with a warning: they mean nothing on one machine.</summary>
    Stored,

    /// <summary>They are refused with a reason.</summary>
    Refused,
}
