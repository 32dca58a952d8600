using System.CommandLine;
using System.CommandLine.Parsing;
using Insula.Api.Kinds;
using Insula.Api.Validation;

namespace Insula.Cli.Commands;

/// <summary>What is wrong with a command line, in one line each, without a page of help below.</summary>
internal static class UsageErrors
{
    /// <summary>The lines to print for a command line that does not parse.</summary>
    public static IReadOnlyList<string> Describe(ParseResult parsed)
    {
        var command = CommandPath(parsed.CommandResult);
        var lines = parsed.UnmatchedTokens.Count > 0
            ? [.. parsed.UnmatchedTokens.Take(1).Select(token => Unknown(parsed, token))]
            : parsed.Errors.Select(Message).Distinct().ToList();
        return [.. lines.Select(line => $"error: {line}"), $"See '{command} --help' for usage."];
    }

    /// <summary>What to say of an option that a command does not have.</summary>
    public static string UnknownOption(Command? command, string token)
    {
        var near = Suggestions.Closest(token, (command?.Options ?? []).Append(Common.Namespace).Append(Common.Socket).Select(o => o.Name));
        return $"unknown option {Quoted.Text(token)}" + (near is null ? "" : $", did you mean {Quoted.Text(near)}?");
    }

    private static string Unknown(ParseResult parsed, string token)
    {
        var command = parsed.CommandResult.Command;
        if (token.StartsWith('-'))
        {
            return UnknownOption(command, token);
        }

        var near = Suggestions.Closest(token, command.Subcommands.Select(c => c.Name));
        var kind = command.Subcommands.Count > 0 ? "unknown command" : "unexpected argument";
        return $"{kind} {Quoted.Text(token)}" + (near is null ? "" : $", did you mean {Quoted.Text(near)}?");
    }

    // The library's own words for a wrong value name a type of .NET.
    private static string Message(ParseError error) =>
        error.SymbolResult is OptionResult { Tokens.Count: > 0 } option
            && error.Message.StartsWith("Cannot parse argument", StringComparison.Ordinal)
            ? $"{option.Option.Name}: {Quoted.Text(option.Tokens[0].Value)} is no {(IsFlag(option.Option) ? "true or false" : "whole number")}"
            : error.Message.TrimEnd('.');

    private static bool IsFlag(Option option) => option.ValueType == typeof(bool) || option.ValueType == typeof(bool?);

    private static string CommandPath(SymbolResult result)
    {
        var names = new Stack<string>();
        for (var current = result; current is CommandResult command; current = command.Parent)
        {
            names.Push(command.Command is RootCommand ? "insula" : command.Command.Name);
        }

        return string.Join(' ', names);
    }
}
