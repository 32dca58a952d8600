using Insula.Linux;

namespace Insula.Dns.Serving;

/// <summary>What a server is given: it opens nothing itself.</summary>
/// <param name="Datagrams">A bound UDP socket.</param>
/// <param name="Streams">A listening TCP socket.</param>
/// <param name="Control">A listening socket of the daemon's.</param>
/// <param name="Leash">A pipe whose other end the daemon holds until it has recorded the server.</param>
public sealed record ServerSockets(Descriptor Datagrams, Descriptor Streams, Descriptor Control, Descriptor Leash);
