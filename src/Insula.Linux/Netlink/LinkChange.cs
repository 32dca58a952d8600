namespace Insula.Linux.Netlink;

/// <summary>What a link is now (RTM_NEWLINK, RTM_DELLINK).</summary>
/// <param name="Index">Its number.</param>
/// <param name="IsRunning">Whether it is up and has a carrier (IFF_UP, IFF_RUNNING).</param>
public sealed record LinkChange(int Index, bool IsRunning);
