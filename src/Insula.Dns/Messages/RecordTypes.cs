namespace Insula.Dns.Messages;

// CS1591: the names are those of the registry of DNS parameters.
#pragma warning disable CS1591

/// <summary>Types of resource records (RFC 1035, 2782, 3596, 6891).</summary>
public static class RecordTypes
{
    public const ushort A = 1;
    public const ushort NS = 2;
    public const ushort CNAME = 5;
    public const ushort SOA = 6;
    public const ushort PTR = 12;
    public const ushort MX = 15;
    public const ushort TXT = 16;
    public const ushort AAAA = 28;
    public const ushort SRV = 33;
    public const ushort DNAME = 39;
    public const ushort OPT = 41;
    public const ushort IXFR = 251;
    public const ushort AXFR = 252;
    public const ushort ANY = 255;
}
