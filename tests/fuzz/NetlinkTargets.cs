using Insula.Linux.Netlink;

namespace Insula.Fuzz;

/// <summary>What the kernel answers: it is believed in what it says, not in the lengths it says it with.</summary>
internal static class NetlinkTargets
{
    private const int KeyLength = 16;
    private const int DataLength = 8;

    /// <summary>A list of an nftables map's elements, or what is told of changes of a table.</summary>
    public static void Elements(byte[] input)
    {
        try
        {
            NetlinkMessages messages = new(input);
            while (messages.Next())
            {
                messages.ReadError();
                var read = NftSocket.ReadElements(messages.Type, messages.Payload, KeyLength, DataLength);
                TableMonitor.Read("insula", messages.Port, messages.Type, messages.Payload);
                Targets.Check(read is null || read.Length % (KeyLength + DataLength) == 0, "elements are whole");
            }
        }
        catch (InvalidDataException)
        {
            // Broken lengths are said.
        }
    }
}
