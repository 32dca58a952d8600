namespace Insula.Workloads;

/// <summary>That an object could not be made, and that none is to be tried before a time.</summary>
/// <param name="Message">Why, in the words of who refused.</param>
/// <param name="Since">When it was refused first.</param>
/// <param name="Until">When it may be tried again.</param>
public sealed record CreateFailure(string Message, DateTimeOffset Since, DateTimeOffset Until);
