namespace Insula.Linux.Sockets;

/// <summary>Who is at the other end of a Unix socket, as of its connect(2) or listen(2): SO_PEERCRED.</summary>
/// <param name="Pid">Its process.</param>
/// <param name="Uid">Its effective user.</param>
/// <param name="Gid">Its effective group.</param>
public readonly record struct PeerCredentials(int Pid, uint Uid, uint Gid);
