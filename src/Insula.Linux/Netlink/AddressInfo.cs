using System.Net;

namespace Insula.Linux.Netlink;

/// <summary>One address of a link (RTM_NEWADDR).</summary>
/// <param name="Index">The link's number.</param>
/// <param name="Address">The address itself (IFA_LOCAL, else IFA_ADDRESS).</param>
/// <param name="PrefixLength">The length of its prefix in bits.</param>
/// <param name="Scope">RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, RT_SCOPE_HOST.</param>
/// <param name="Label">IFA_LABEL, if it has one (IPv4 only).</param>
/// <param name="Metric">IFA_RT_PRIORITY, the metric of its prefix's route; 0 for the kernel's choice.</param>
public sealed record AddressInfo(int Index, IPAddress Address, byte PrefixLength, byte Scope, string? Label, uint Metric);
