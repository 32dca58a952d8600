namespace Insula.Api.Storage;

/// <summary>How a volume may be mounted.</summary>
public static class AccessModes
{
    /// <summary>By one machine: here by any number of pods.</summary>
    public const string ReadWriteOnce = "ReadWriteOnce";

    /// <summary>By many machines, read-only.</summary>
    public const string ReadOnlyMany = "ReadOnlyMany";

    /// <summary>By many machines.</summary>
    public const string ReadWriteMany = "ReadWriteMany";

    /// <summary>By one pod alone.</summary>
    public const string ReadWriteOncePod = "ReadWriteOncePod";
}
