using System.Net;

namespace Insula.Ingresses.Runtime;

/// <summary>A place of a backend in a running HAProxy.</summary>
/// <param name="Backend">The backend.</param>
/// <param name="Name">The place's name.</param>
/// <param name="Address">What it leads to; null for an address that could not be read.</param>
/// <param name="InUse">Whether it takes requests.</param>
public sealed record ServerSlot(string Backend, string Name, IPEndPoint? Address, bool InUse);
