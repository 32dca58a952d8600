using Insula.Api.Ingresses;

namespace Insula.Ingresses.Model;

/// <summary>Something to say about an Ingress; a warning.</summary>
/// <param name="About">The Ingress.</param>
/// <param name="Reason">A word for it.</param>
/// <param name="Message">In words.</param>
public sealed record IngressNote(Ingress About, string Reason, string Message);
