using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Insula.Linux.Seccomp;

/// <summary>A profile's content as a hash, so that equal profiles are found however they were built (records compare lists by identity).</summary>
internal static class SeccompKey
{
    /// <summary>SHA-256 in hexadecimal.</summary>
    public static string Of(SeccompProfile profile)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{profile.DefaultAction.Value:x}|{profile.Flags:x}|{string.Join(',', profile.Architectures)}");
        foreach (var rule in profile.Rules)
        {
            text.Append(CultureInfo.InvariantCulture, $"|{rule.Action.Value:x}:{string.Join(',', rule.Names)}");
            foreach (var argument in rule.Arguments)
            {
                text.Append(CultureInfo.InvariantCulture, $";{argument.Index}.{(int)argument.Comparison}.{argument.Value:x}.{argument.MaskedValue:x}");
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
