namespace Insula.Network.Firewall;

/// <summary>A chain in the forward hook that is not ours and drops packets.</summary>
/// <param name="Family">nftables' family: <c>ip</c>, <c>ip6</c>, <c>inet</c>, <c>bridge</c>, <c>netdev</c>.</param>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain that drops: by its policy, or by a rule in it.</param>
/// <param name="Owner">The program that usually owns such a table (Docker, ufw, firewalld), or <see langword="null"/>.</param>
/// <param name="Reason">What in it drops.</param>
/// <param name="Command">The exact command that allows pods' packets.</param>
public sealed record ForeignDrop(string Family, string Table, string Chain, string? Owner, string Reason, string Command);
