namespace Insula.Claims;

/// <summary>What a driver has come to with a volume, since this daemon began.</summary>
/// <param name="Stage">How far it is.</param>
/// <param name="Why">Why it failed.</param>
/// <param name="Until">When it is to be tried again after a failure.</param>
public sealed record DriverWork(DriverStage Stage, string Why = "", DateTimeOffset Until = default);
