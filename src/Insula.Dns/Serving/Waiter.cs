namespace Insula.Dns.Serving;

/// <summary>A client and the question of it that was sent on.</summary>
/// <param name="Client">The client.</param>
/// <param name="Question">The question, from its header to its end, as it came.</param>
internal readonly record struct Waiter(IClient Client, byte[] Question);
