namespace Insula.Claims;

/// <summary>What is to be said about an object; said once, as long as it does not change.</summary>
/// <param name="About">The object.</param>
/// <param name="Type">Normal or Warning.</param>
/// <param name="Reason">A word, as Kubernetes has it.</param>
/// <param name="Message">A sentence.</param>
public sealed record StorageNote(ObjectSeen About, string Type, string Reason, string Message);
