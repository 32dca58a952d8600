namespace Insula.Linux.Netlink;

/// <summary>What the kernel told of a change of a table, or of the end of a transaction, which may have been about others.</summary>
/// <param name="Port">The port of the socket that asked for it.</param>
/// <param name="Message">NFT_MSG_*; NFT_MSG_NEWGEN for the end of a transaction.</param>
/// <param name="Name">The chain, set or map concerned; empty when it is the table itself.</param>
/// <param name="Program">At the end of a transaction: the program that asked for it, by name.</param>
/// <param name="ProcessId">At the end of a transaction: its process, as the host's first PID namespace counts.</param>
public sealed record TableChange(uint Port, int Message, string Name, string Program = "", uint ProcessId = 0);
