namespace Insula.Api.Storage;

/// <summary>What a volume is to a container.</summary>
public static class VolumeModes
{
    /// <summary>A directory.</summary>
    public const string Filesystem = "Filesystem";

    /// <summary>A device.</summary>
    public const string Block = "Block";
}
