namespace Insula.Claims;

/// <summary>How far a driver is.</summary>
public enum DriverStage
{
    /// <summary>It makes the volume.</summary>
    Making,

    /// <summary>The volume is made.</summary>
    Made,

    /// <summary>It could not be made.</summary>
    MakeFailed,

    /// <summary>It removes the volume.</summary>
    Unmaking,

    /// <summary>The volume is gone.</summary>
    Unmade,

    /// <summary>It could not be removed.</summary>
    UnmakeFailed,
}
