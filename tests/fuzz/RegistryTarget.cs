using System.Text;
using Insula.Images;
using Insula.Images.Registry;

namespace Insula.Fuzz;

/// <summary>What is said of registries, and by them: the first byte chooses among credentials, settings of hosts and challenges.</summary>
internal static class RegistryTarget
{
    private static readonly RegistryHost _own = RegistryHost.Of("registry.example:5000", plainHttp: false);

    public static void Registry(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }

        try
        {
            switch (input[0] % 3)
            {
                case 0:
                    var config = DockerConfig.Parse(input.AsSpan(1), bare: input[0] > 127);
                    _ = config.HelperOf("docker.io");
                    _ = config.Find("docker.io", "library/busybox");
                    _ = config.Find("registry.example:5000", "team/app");
                    break;
                case 1:
                    var hosts = RegistryHosts.Read(Encoding.UTF8.GetString(input.AsSpan(1)), "/etc/insula/certs.d/x/hosts.toml", _own);
                    Targets.Check(hosts.All(h => h.Endpoint.AbsolutePath.EndsWith('/')), "every endpoint is a directory");
                    break;
                default:
                    using (var answer = new HttpResponseMessage())
                    {
                        answer.Headers.TryAddWithoutValidation("WWW-Authenticate", Encoding.Latin1.GetString(input.AsSpan(1)));
                        _ = AuthChallenge.Read(answer.Headers);
                    }

                    break;
            }
        }
        catch (Exception e) when (e is ImageException or FormatException)
        {
            Targets.Check(!e.Message.Any(char.IsControl), $"a message has no control characters: {e.Message}");
        }
    }
}
