#define _GNU_SOURCE
#include "format.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct text
{
    char *buffer;
    size_t size, length;
};

static void put(struct text *t, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++, t->length++)
        if (t->length + 1 < t->size)
            t->buffer[t->length] = bytes[i];
}

static void put_number(struct text *t, uint64_t value, unsigned base)
{
    char digits[24];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[value % base];
    while (value /= base);
    put(t, digits + at, sizeof digits - at);
}

static void put_signed(struct text *t, int64_t value)
{
    if (value < 0)
        put(t, "-", 1);
    put_number(t, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

static uint64_t next_unsigned(va_list *arguments, int longs, bool size)
{
    return size         ? va_arg(*arguments, size_t)
           : longs == 2 ? va_arg(*arguments, unsigned long long)
           : longs == 1 ? va_arg(*arguments, unsigned long)
                        : va_arg(*arguments, unsigned);
}

static int64_t next_signed(va_list *arguments, int longs)
{
    return longs == 2 ? va_arg(*arguments, long long) : longs == 1 ? va_arg(*arguments, long) : va_arg(*arguments, int);
}

static const char *put_one(struct text *t, const char *format, va_list *arguments)
{
    size_t precision = SIZE_MAX;
    int longs = 0;
    bool size = false;
    if (*format == '.' && format[1] == '*')
    {
        precision = (size_t)va_arg(*arguments, int);
        format += 2;
    }
    else if (*format == '.')
        for (precision = 0, format++; *format >= '0' && *format <= '9'; format++)
            precision = precision * 10 + (size_t)(*format - '0');
    for (; *format == 'l'; format++)
        longs++;
    if (*format == 'z')
    {
        size = true;
        format++;
    }
    switch (*format)
    {
    case 's':
    {
        const char *word = va_arg(*arguments, const char *);
        put(t, word, strnlen(word, precision));
        break;
    }
    case 'd':
        put_signed(t, next_signed(arguments, longs));
        break;
    case 'u':
        put_number(t, next_unsigned(arguments, longs, size), 10);
        break;
    case 'x':
        put_number(t, next_unsigned(arguments, longs, size), 16);
        break;
    case 'o':
        put_number(t, next_unsigned(arguments, longs, size), 8);
        break;
    default:
        put(t, format, 1);
        break;
    }
    return format + 1;
}

int text_format_list(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct text t = {buffer, size, 0};
    va_list copy;
    va_copy(copy, arguments);
    while (*format)
    {
        size_t plain = strcspn(format, "%");
        put(&t, format, plain);
        format += plain;
        if (*format)
            format = put_one(&t, format + 1, &copy);
    }
    va_end(copy);
    if (size)
        buffer[t.length < size ? t.length : size - 1] = '\0';
    return (int)t.length;
}

int text_format(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = text_format_list(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

void say(const char *format, ...)
{
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = text_format_list(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    size_t end = (size_t)length < sizeof line - 2 ? (size_t)length : sizeof line - 2;
    line[end] = '\n';
    if (write(2, line, end + 1) < 0)
        return; // nowhere else to say it
}
