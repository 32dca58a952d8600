using System.Globalization;
using System.Text;
using Insula.Dns.Serving;
using Insula.Linux;

// Descriptors from 3 on: the UDP socket, the TCP socket, the daemon's socket, the filter of system calls, the leash.
const int First = 3;

if (args is not ["serve", var build, var user])
{
    Say("usage: insula-dns serve BUILD USER, with descriptors from 3 on — insulad starts it; it is of no use by hand\n");
    return 2;
}

try
{
    var program = Convert.FromHexString(build);
    var number = uint.Parse(user, CultureInfo.InvariantCulture);
    var sockets = new ServerSockets(new Descriptor(First), new Descriptor(First + 1), new Descriptor(First + 2), new Descriptor(First + 4));
    using var server = new DnsServer(sockets, program);
    using (var filter = new Descriptor(First + 3))
    {
        Confinement.Enter(filter, number);
    }

    server.Run();
    return 0;
}
catch (Exception e) when (e is LinuxException or FormatException)
{
    Say($"insula-dns: {e.Message}\n");
    return 1;
}

static void Say(string text)
{
    using var output = new Descriptor(2);
    output.WriteAll(Encoding.UTF8.GetBytes(text));
}
